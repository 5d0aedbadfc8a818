"""Quotas by address and day, and `backoff`.

https://api.stackexchange.com/docs/throttle
"""

import msgspec

from simulator.clock import Clock

DAY = 86_400


class Usage(msgspec.Struct):
    """What one address has used of its day."""

    maximum: int
    resets_at: int
    used: int = 0

    @property
    def remaining(self) -> int:
        return max(self.maximum - self.used, 0)


class _Order(msgspec.Struct):
    """A `backoff` that is to be put into an answer."""

    method: str
    seconds: int
    after: int
    times: int | None


class Limits:
    """All programs behind one address share its quota; the best key any of them sent counts."""

    def __init__(self, clock: Clock, quota: int, keyed_quota: int) -> None:
        self._clock = clock
        self.quota, self.keyed_quota = quota, keyed_quota
        self._used: dict[str, Usage] = {}
        self._orders: list[_Order] = []
        self._silence: dict[tuple[str, str], float] = {}

    def usage(self, address: str, *, with_key: bool) -> Usage:
        now = self._clock.now()
        usage = self._used.get(address)
        if usage is None or usage.resets_at <= now:
            usage = self._used[address] = Usage(self.quota, now - now % DAY + DAY)
        if with_key:
            usage.maximum = max(usage.maximum, self.keyed_quota)
        return usage

    def use_up(self, address: str = "127.0.0.1", *, left: int = 0) -> None:
        """Leave an address only so many requests today."""
        usage = self.usage(address, with_key=False)
        usage.used = usage.maximum - left

    def forget(self) -> None:
        self._used.clear()
        self._orders.clear()
        self._silence.clear()

    # --- backoff ---------------------------------------------------------------------------------

    def order(self, method: str, seconds: int, *, after: int = 1, times: int | None = 1) -> None:
        """From the `after`-th answer of a method on, `times` answers carry `backoff`."""
        self._orders.append(_Order(method, seconds, after, times))

    def is_silenced(self, address: str, method: str) -> bool:
        """The address was told to leave this method alone, and the time is not over."""
        return self._clock.exact() < self._silence.get((address, method), 0)

    def backoff(self, address: str, method: str) -> int | None:
        for order in self._orders:
            if order.method not in {method, ""}:
                continue
            order.after -= 1
            if order.after <= 0 and order.times != 0:
                order.times = None if order.times is None else order.times - 1
                self._silence[(address, method)] = self._clock.exact() + order.seconds
                return order.seconds
        return None
