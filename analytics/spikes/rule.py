"""Spike rule: too many reporters today, or too many over several days.

Each series is evaluated on its distinct reporters per day: one person who files seventy issues is
no spike. A day fires if its own count is unlikely (tail of a negative binomial), or if the
exponentially weighted mean of the last eight days' standardised residuals is (EWMA, weight .3:
Roberts 1959), compared with the forecast from the weeks before (`baseline`). Probabilities are per
day.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, Self

from analytics.spikes.baseline import GUARD_DAYS, MINIMUM_DAYS, Forecast, forecast, window_before
from analytics.spikes.distributions import negative_binomial_tail, skewed_tail
from analytics.spikes.window import Days, Window, tail_of

Level = Literal["notice", "alert"]
QUIET_DAYS = 7
"""Days without firing that separate two spikes."""
EWMA_WEIGHT = 0.3
_WEIGHTS = tuple(EWMA_WEIGHT * (1 - EWMA_WEIGHT) ** age for age in range(GUARD_DAYS, -1, -1))
_HIGH = 1 / 3


@dataclass(frozen=True)
class Thresholds:
    """Probabilities below which a day's count or the last days' mean fires."""

    day: float
    run: float

    def scaled(self, factor: float) -> Self:
        return replace(self, day=self.day * factor, run=self.run * factor)


@dataclass(frozen=True)
class Rule:
    alert: Thresholds = Thresholds(day=0.004, run=0.0014)
    """Thresholds for about one alarm per year and series."""
    notice: Thresholds = Thresholds(day=0.033, run=0.0165)
    """Thresholds for about five alarms per year and series."""
    minimum_reporters: int = 3
    """Reporters required in the reported window of one or more days."""


RULE = Rule()


@dataclass(frozen=True)
class DailySeries:
    """Distinct reporters per day, without gaps, oldest first."""

    start: date
    reporters: Sequence[int]
    imported: AbstractSet[date] = frozenset()
    """Days of bulk imports: they never fire and are not used for forecasts."""

    def day(self, index: int) -> date:
        return self.start + timedelta(days=index)

    def index(self, day: date) -> int:
        return (day - self.start).days


@dataclass(frozen=True)
class Score:
    """Score of a day against its forecast."""

    day: date
    reporters: int
    forecast: Forecast
    recent: Days
    """Day, reporters and forecast of the last seven days, imports excluded."""
    day_probability: float
    """P(more reporters) + P(exactly as many) / 2, if nothing had changed."""
    run_probability: float
    """Probability of a mean of the last days this high, if nothing had changed."""

    @property
    def probability(self) -> float:
        return min(self.day_probability, self.run_probability)

    def reaches(self, thresholds: Thresholds, minimum_reporters: int) -> bool:
        """Return True if the day fires at these thresholds."""
        is_high = self.day_probability < thresholds.day and self.reporters >= minimum_reporters
        # The day itself must be high, too: one peak must not fire again on the following days.
        is_run = self.day_probability < _HIGH and self.run_probability < thresholds.run
        return (is_high or is_run) and self.window(minimum_reporters) is not None

    def window(self, minimum_reporters: int) -> Window | None:
        """Return the least likely window that ends on this day, at most seven days.

        None if no window has `minimum_reporters` and exceeds its expected range.
        """
        windows = [self.recent[-length:] for length in range(1, len(self.recent) + 1)]
        enough = [days for days in windows if sum(n for _, n, _ in days) >= minimum_reporters]
        if not enough:
            return None
        found = Window.of(min(enough, key=lambda days: (tail_of(days), len(days))))
        return found if found.reporters > found.expected.high else None

    def level(self, rule: Rule) -> Level | None:
        if self.reaches(rule.alert, rule.minimum_reporters):
            return "alert"
        return "notice" if self.reaches(rule.notice, rule.minimum_reporters) else None


def score_day(series: DailySeries, day: date) -> Score | None:
    """Score a day.

    Returns None on import days, in the first six weeks and outside the series.
    """
    index = series.index(day)
    if not MINIMUM_DAYS <= index < len(series.reporters) or day in series.imported:
        return None
    learned_from = window_before(index)
    skipped = {series.index(one) for one in series.imported}
    if len(learned_from) - len(skipped.intersection(learned_from)) < MINIMUM_DAYS - GUARD_DAYS:
        return None
    forecasts = forecast(series.reporters, series.start.weekday(), index, skipped)
    return score_against(series, index, forecasts)


def score_against(series: DailySeries, index: int, forecasts: Sequence[Forecast]) -> Score:
    """Score a day, given its forecast and those of the seven days before."""
    first = index - GUARD_DAYS
    days = range(first, index + 1)
    counts = [series.reporters[day] for day in days]
    seen = [series.day(day) not in series.imported for day in days]
    today = forecasts[-1]
    return Score(
        day=series.day(index),
        reporters=counts[-1],
        forecast=today,
        recent=[
            (series.day(day), count, ahead)
            for day, count, ahead, real in zip(days, counts, forecasts, seen, strict=True)
            if real and day > first
        ],
        day_probability=_day_probability(counts[-1], today),
        run_probability=_run_probability(counts, forecasts, seen),
    )


def _day_probability(count: int, day: Forecast) -> float:
    """Compute the "mid-p" value (Lancaster 1961).

    With all of P(X = count), small counts, which have large steps, would fire far less often than
    large counts at the same threshold.
    """
    reached = negative_binomial_tail(count, day.mean, day.variance)
    return (reached + negative_binomial_tail(count + 1, day.mean, day.variance)) / 2


def _run_probability(
    counts: Sequence[int], forecasts: Sequence[Forecast], seen: Sequence[bool]
) -> float:
    """Compute the tail of the EWMA of standardised residuals from its first three moments.

    All days share the error of the level, which therefore adds to the variance of their sum once.
    """
    total = variance = third = means = level = 0.0
    rows = zip(counts, forecasts, seen, _WEIGHTS, strict=True)
    for count, day, real, weight in rows:
        if not real:
            continue
        share = weight / math.sqrt(day.noise)
        total += share * (count - day.mean)
        variance += share * share * day.noise
        third += share**3 * day.noise * (2 * day.noise / day.mean - 1)
        means += share * day.mean
        level += weight * day.level
    variance += means * means * level / sum(_WEIGHTS)
    if total <= 0:
        return 0.5
    return skewed_tail(total / math.sqrt(variance), third / variance**1.5)


def score_days(series: DailySeries, days: Iterable[date]) -> Iterator[Score]:
    """Yield scores of the days that can be evaluated, each from its past alone."""
    for day in days:
        score = score_day(series, day)
        if score is not None:
            yield score


def strongest_window(scores: Iterable[Score], rule: Rule) -> Window | None:
    """Return the least likely window at the highest level; None if none fires."""
    fired = [(score.level(rule), score.window(rule.minimum_reporters)) for score in scores]
    for level in ("alert", "notice"):
        windows = [window for reached, window in fired if reached == level and window]
        if windows:
            return min(windows, key=lambda window: window.probability)
    return None


def spans(fired: Iterable[date]) -> list[tuple[date, date]]:
    """Group ordered days that fired into alarms, separated by seven quiet days.

    Returns (first day, last day) of each alarm.
    """
    alarms: list[tuple[date, date]] = []
    for day in fired:
        if alarms and (day - alarms[-1][1]).days <= QUIET_DAYS:
            alarms[-1] = (alarms[-1][0], day)
        else:
            alarms.append((day, day))
    return alarms
