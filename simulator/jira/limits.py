"""A bucket of requests for each account, and the headers of both Jiras that tell of it."""

import msgspec

from simulator.clock import Clock

FILL_RATE, INTERVAL = 10, 1
"""So many requests come back every so many seconds."""


class _Bucket(msgspec.Struct):
    left: float
    at: float


class Limits:
    """None: no limits and no headers."""

    def __init__(self, clock: Clock, quota: int | None) -> None:
        self._clock = clock
        self.quota = quota
        self._buckets: dict[str, _Bucket] = {}

    def take(self, login: str) -> int | None:
        """How many are left after this one; -1: too many; None: nobody counts."""
        if self.quota is None:
            return None
        now = self._clock.exact()
        bucket = self._buckets.setdefault(login, _Bucket(self.quota, now))
        back = max(now - bucket.at, 0) * FILL_RATE / INTERVAL
        bucket.left, bucket.at = min(bucket.left + back, self.quota), now
        if bucket.left < 1:
            return -1
        bucket.left -= 1
        return int(bucket.left)

    def headers(self, left: int | None, *, cloud: bool) -> dict[str, str]:
        if self.quota is None or left is None:
            return {}
        headers = {
            "X-RateLimit-Limit": str(self.quota),
            "X-RateLimit-Remaining": str(max(left, 0)),
        }
        if not cloud:
            return headers | {
                "X-RateLimit-Interval-Seconds": str(INTERVAL),
                "X-RateLimit-FillRate": str(FILL_RATE),
            }
        return headers | ({"X-RateLimit-NearLimit": "true"} if left * 5 < self.quota else {})
