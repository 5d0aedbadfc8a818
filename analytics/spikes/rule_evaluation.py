"""Evaluation of the spike rule: false alarms and detection rate on any daily series.

Every day is scored from its past alone. Thresholds are tuned on the first halves of the series (one
factor for all), results come from the second halves. Alarms are counted on the unchanged series,
real events included; seven quiet days separate two alarms. For detection, spikes are added evenly
over the second halves, with a multiple of the mean of the 28 days before as extra reporters; a
spike is detected if one of its days fires. Days on which the unchanged series fires, or fired in
the week before, are not used: they would bias the detection rate.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from analytics.spikes.baseline import GUARD_DAYS, MINIMUM_DAYS, Forecast, forecast
from analytics.spikes.rule import (
    QUIET_DAYS,
    RULE,
    DailySeries,
    Rule,
    Score,
    Thresholds,
    score_against,
    spans,
)

SHORTEST = 2 * (MINIMUM_DAYS + 7 * 7)
"""Fewest days of a series, so that each half is long enough."""
TARGETS = {"alert": 1.2, "notice": 4.8}
"""Alarms per series-year for which thresholds are tuned."""
_LOCAL_DAYS = 28
_FACTORS = tuple(2 ** (exponent / 16) for exponent in range(-48, 49))
_DAYS_A_YEAR = 365.25


@dataclass(frozen=True)
class Kind:
    """Kind of added spike: days, and height in multiples of the local mean."""

    days: int
    times: int
    least: int
    """Fewest added reporters per day."""

    def __str__(self) -> str:
        days = "1 day" if self.days == 1 else f"{self.days} days"
        return f"{days} x{self.times}, at least {self.least}"


KINDS = (
    Kind(1, 3, 3),
    Kind(1, 5, 5),
    Kind(1, 10, 8),
    Kind(3, 2, 3),
    Kind(3, 2, 2),
    Kind(7, 1, 2),
    Kind(7, 1, 1),
)


@dataclass(frozen=True)
class Detection:
    found: float
    """Detected share of the added spikes."""
    delay: float
    """Mean days until detection; 0 is the spike's first day."""
    added: int


@dataclass(frozen=True)
class LevelResult:
    level: str
    thresholds: Thresholds
    alarms_before: float
    """Alarms per series-year in the first halves."""
    alarms: float
    """Alarms per series-year in the second halves."""
    detections: Mapping[Kind, Detection]


@dataclass(frozen=True)
class Scored:
    """Series with forecasts and scores of its days."""

    series: DailySeries
    forecasts: Mapping[int, Sequence[Forecast]]
    scores: Mapping[int, Score]

    @property
    def half(self) -> int:
        return len(self.series.reporters) // 2


def score_series(series: DailySeries) -> Scored:
    """Score each day. Raises ValueError if the series is shorter than `SHORTEST`."""
    size = len(series.reporters)
    if size < SHORTEST:
        raise ValueError(f"has {size} days; at least {SHORTEST} are needed")
    weekday = series.start.weekday()
    forecasts = {day: forecast(series.reporters, weekday, day) for day in range(MINIMUM_DAYS, size)}
    scores = {day: score_against(series, day, ahead) for day, ahead in forecasts.items()}
    return Scored(series, forecasts, scores)


@dataclass(frozen=True)
class Measurement:
    """Evaluation of scored series, with a seed and the number of spikes per kind."""

    scored: Mapping[str, Scored]
    seed: int = 1
    spikes: int = 1000
    rule: Rule = RULE

    def as_shipped(self) -> list[LevelResult]:
        return [self._result("alert", self.rule.alert), self._result("notice", self.rule.notice)]

    def tuned(self) -> list[LevelResult]:
        """Return results with thresholds tuned on the first halves."""
        return [
            self._result(level, self._tune(thresholds, TARGETS[level]))
            for level, thresholds in (("alert", self.rule.alert), ("notice", self.rule.notice))
        ]

    def _tune(self, thresholds: Thresholds, target: float) -> Thresholds:
        """Scale the thresholds by the largest factor that keeps alarms within the target."""
        chosen = thresholds.scaled(_FACTORS[0])
        for factor in _FACTORS:
            candidate = thresholds.scaled(factor)
            if self._alarms(candidate, second=False) <= target:
                chosen = candidate
        return chosen

    def _result(self, level: str, thresholds: Thresholds) -> LevelResult:
        return LevelResult(
            level=level,
            thresholds=thresholds,
            alarms_before=self._alarms(thresholds, second=False),
            alarms=self._alarms(thresholds, second=True),
            detections={kind: self._detection(kind, thresholds) for kind in KINDS},
        )

    def _alarms(self, thresholds: Thresholds, *, second: bool) -> float:
        alarms = days = 0
        for one in self.scored.values():
            judged = [score for day, score in one.scores.items() if (day >= one.half) == second]
            fired = [score.day for score in judged if self._fires(score, thresholds)]
            alarms += len(spans(fired))
            days += len(judged)
        return alarms / (days / _DAYS_A_YEAR)

    def _fires(self, score: Score, thresholds: Thresholds) -> bool:
        return score.reaches(thresholds, self.rule.minimum_reporters)

    def _detection(self, kind: Kind, thresholds: Thresholds) -> Detection:
        delays: list[int] = []
        added = 0
        for one, first in self._places(kind, thresholds):
            added += 1
            delay = self._delay(_with_spike(one, first, kind), thresholds)
            if delay is not None:
                delays.append(delay)
        mean = sum(delays) / len(delays) if delays else math.nan
        return Detection(len(delays) / added if added else math.nan, mean, added)

    def _places(self, kind: Kind, thresholds: Thresholds) -> Iterator[tuple[Scored, int]]:
        """Yield places of spikes: equally many per series, spread evenly over its days."""
        rng = Random(f"{self.seed}/{kind}")  # noqa: S311 - a simulation
        usable = [
            (one, days)
            for _, one in sorted(self.scored.items())
            if (days := self._quiet_days(one, kind, thresholds))
        ]
        for number, (one, days) in enumerate(usable):
            share = (self.spikes + number) // len(usable)
            offset = rng.random()
            for place in range(share):
                yield one, days[int((place + offset) * len(days) / share)]

    def _quiet_days(self, one: Scored, kind: Kind, thresholds: Thresholds) -> list[int]:
        """Return days where an added spike does not meet one of the series itself."""
        fired = {day for day, score in one.scores.items() if self._fires(score, thresholds)}
        last = len(one.series.reporters) - kind.days
        return [
            day
            for day in range(max(one.half, MINIMUM_DAYS + QUIET_DAYS), last + 1)
            if fired.isdisjoint(range(day - QUIET_DAYS, day + kind.days))
        ]

    def _delay(self, scores: Iterable[Score], thresholds: Thresholds) -> int | None:
        fired = (delay for delay, score in enumerate(scores) if self._fires(score, thresholds))
        return next(fired, None)


def _with_spike(one: Scored, first: int, kind: Kind) -> Iterable[Score]:
    """Score the days of an added spike.

    The forecasts stay valid: the baseline ends a week before, and no added spike is longer.
    """
    assert kind.days <= GUARD_DAYS  # noqa: S101 - a slip in KINDS would be wrong silently
    counts = list(one.series.reporters)
    local = sum(counts[first - _LOCAL_DAYS : first]) / _LOCAL_DAYS
    for day in range(first, first + kind.days):
        counts[day] += max(kind.least, round(kind.times * local))
    spiked = replace(one.series, reporters=counts)
    for day in range(first, first + kind.days):
        yield score_against(spiked, day, one.forecasts[day])
