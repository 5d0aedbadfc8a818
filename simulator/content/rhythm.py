"""When things happen: office hours, quiet weekends, growth, and two releases that went wrong.

A repository's history is a row of numbered moments ("ticks"), one for each issue opened. Any tick's
time is computed from its number alone, so a history of a million issues needs two small tables.
"""

from bisect import bisect_left, bisect_right
from itertools import accumulate
from math import ceil

from simulator.seeded_random import key_of, mix

DAY = 86_400
DAYS = 730
_WEEK = (1.1, 1.2, 1.2, 1.15, 0.95, 0.4, 0.38)
_HOURS = (2, 2, 2, 2, 2, 3, 4, 6, 9, 11, 12, 11, 9, 11, 13, 13, 12, 11, 9, 8, 7, 6, 5, 3)
_RELEASE_EVERY = 21
_ROCKY = (19, 30)
"""Which releases broke something: each brings a few days of many reports."""


def _day_weights(key: int, first_day: int) -> list[float]:
    weights = []
    for day in range(DAYS):
        weekday = (first_day + day + 3) % 7  # day 0 of 1970 was a Thursday
        growth = 0.6 + 0.8 * day / DAYS
        noise = 0.75 + (mix(key, day, 11) % 1000) / 1800
        weights.append(_WEEK[weekday] * growth * noise * _after_release(day))
    return weights


def _after_release(day: int) -> float:
    since = [day - release * _RELEASE_EVERY for release in _ROCKY]
    return max(5.0 if s == 0 else 4.0 if s == 1 else 2.2 if s == 2 else 1.0 for s in since)


class Rhythm:
    """The times of `count` ticks that end at `until`."""

    def __init__(self, seed: int, name: str, count: int, until: int) -> None:
        self.count = count
        self.until = until
        self.key = key_of(seed, name, "rhythm")
        self._midnight = until - DAYS * DAY
        shares = list(accumulate(_day_weights(self.key, self._midnight // DAY), initial=0.0))
        self._starts = [ceil(count * share / shares[-1]) for share in shares]
        hours = list(accumulate(_HOURS, initial=0))
        self._hours = [hour / hours[-1] for hour in hours]

    def tick(self, number: int) -> int:
        """Seconds since 1970 of tick `number`; never falls as numbers rise."""
        index = number - 1
        if index >= self.count:
            return self.until
        day = bisect_right(self._starts, index) - 1
        first, after = self._starts[day], self._starts[day + 1]
        jitter = (mix(self.key, number, 13) % 4096) / 4096
        return (
            self._midnight
            + day * DAY
            + self._second_of_day((index - first + jitter), after - first)
        )

    def _second_of_day(self, position: float, count: int) -> int:
        share = position / count
        hour = bisect_right(self._hours, share) - 1
        low, high = self._hours[hour], self._hours[hour + 1]
        return int(3600 * (hour + (share - low) / (high - low)))

    def last_tick_at(self, moment: int) -> int:
        """The last tick at or before a moment; 0 before the first."""
        if moment >= self.until:
            return self.count
        return bisect_right(range(1, self.count + 1), moment, key=self.tick)

    def first_tick_at(self, moment: int) -> int:
        return bisect_left(range(1, self.count + 1), moment, key=self.tick) + 1

    @property
    def gap(self) -> float:
        """Seconds between two ticks, on average."""
        return DAYS * DAY / max(self.count, 1)

    def release(self, number: int) -> int:
        """The newest release when tick `number` came."""
        return (self.tick(number) - self._midnight) // (DAY * _RELEASE_EVERY)

    def is_rocky(self, number: int) -> bool:
        """Within three days of a release that broke something."""
        return any(
            self._starts[r * _RELEASE_EVERY] < number <= self._starts[r * _RELEASE_EVERY + 3]
            for r in _ROCKY
        )


def version_name(release: int) -> str:
    """3.4.1 and so on: a patch release between two minor ones."""
    return f"3.{release // 2}.{release % 2}"
