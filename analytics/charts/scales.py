"""Scales and tick labels of axes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import log

MINUTE, HOUR, DAY = 60, 3600, 86_400
WEEK, MONTH, YEAR = 7 * DAY, 30 * DAY, 365 * DAY

Tick = tuple[float, str]
_DURATIONS: tuple[tuple[int, str], ...] = (
    (1, "1 s"), (10, "10 s"), (MINUTE, "1 min"), (10 * MINUTE, "10 min"), (HOUR, "1 h"),
    (6 * HOUR, "6 h"), (DAY, "1 day"), (3 * DAY, "3 days"), (WEEK, "1 week"), (MONTH, "30 days"),
    (90 * DAY, "90 days"), (YEAR, "1 year"), (3 * YEAR, "3 years"), (10 * YEAR, "10 years"),
    (30 * YEAR, "30 years"),
)  # fmt: skip
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)
_DAYS = (1, 2, 7, 14)
_MOST_DATES = 13


@dataclass(frozen=True, slots=True)
class Scale:
    """Mapping from values to pixels."""

    low: float
    high: float
    start: float
    end: float
    curve: Callable[[float], float] = float

    def __call__(self, value: float) -> float:
        low, high = self.curve(self.low), self.curve(self.high)
        inside = self.curve(min(max(value, self.low), self.high))
        return self.start + (self.end - self.start) * (inside - low) / ((high - low) or 1)


def logarithmic(low: float, high: float, start: float, end: float) -> Scale:
    return Scale(max(low, 1), max(high, 2), start, end, log)


def counts(highest: float, most: int = 5) -> list[Tick]:
    """Return ticks at round numbers, from 0 to `highest` or just above."""
    step = next(
        factor * 10**power
        for power in range(12)
        for factor in (1, 2, 5)
        if factor * 10**power * most >= highest
    )
    steps = max(1, -int(-highest // step))
    return [(step * place, f"{step * place:,}") for place in range(steps + 1)]


def durations(scale: Scale) -> list[Tick]:
    return [(float(s), label) for s, label in _DURATIONS if scale.low <= s <= scale.high]


def around(seconds: Sequence[float]) -> tuple[float, float]:
    """Return an axis range in seconds with margins, at least three doublings."""
    low, high = min(seconds, default=HOUR), max(seconds, default=MONTH)
    return max(low / 1.5, 1), max(high * 1.5, low * 8)


def spell(seconds: float) -> str:
    """Format a duration with two or three digits, in its usual unit."""
    for unit, name in ((YEAR, "years"), (DAY, "days"), (HOUR, "h"), (MINUTE, "min")):
        # Days are used from 1.5 days, years from 2 years.
        if seconds >= unit * (2 if unit == YEAR else 1.5 if unit == DAY else 1):
            value = seconds / unit
            return f"{value:,.0f} {name}" if value >= 10 else f"{value:.1f} {name}"
    return f"{seconds:.0f} s"


def dates(first: date, last: date) -> list[tuple[date, str]]:
    """Return labelled days of an axis, at most `_MOST_DATES`."""
    length = (last - first).days + 1
    for step in _DAYS:
        if length <= step * _MOST_DATES and length <= 100:
            return [(day, f"{day:%-d %b}") for day in _every(first, last, step)]
    months = (last.year - first.year) * 12 + last.month - first.month
    step = next((s for s in _MONTHS if months <= s * _MOST_DATES), _MONTHS[-1])
    return [(day, _month(day, step)) for day in _firsts(first, last, step)]


def _every(first: date, last: date, step: int) -> list[date]:
    """Return every `step`th day; Mondays if the step is whole weeks."""
    begin = first + timedelta(days=-first.weekday() % 7) if step % 7 == 0 else first
    return [begin + timedelta(days=d) for d in range(0, (last - begin).days + 1, step)]


def _firsts(first: date, last: date, step: int) -> list[date]:
    """Return first days of every `step`th month, counted from year 0."""
    begin, end = first.year * 12 + first.month - 1, last.year * 12 + last.month - 1
    months = [month for month in range(begin, end + 1) if month % step == 0]
    days = [date(month // 12, month % 12 + 1, 1) for month in months]
    return [day for day in days if first <= day]


def _month(day: date, step: int) -> str:
    if step >= 12:
        return f"{day:%Y}"
    return f"{day:%b %Y}" if day.month == 1 or step >= 6 else f"{day:%b}"


def day_in_words(day: date) -> str:
    return f"{day:%-d %b %Y}"
