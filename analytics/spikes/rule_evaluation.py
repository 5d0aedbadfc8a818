"""How good the rule is: false alarms and detection, on any daily series.

The protocol: every day is judged by its past alone. Thresholds are set on the first halves of the
series (one factor for all of them), results are read on the second halves. Alarms are counted on
the series as they are, real events included; seven quiet days lie between two of them. For
detection, spikes are added all over the second halves, as many reporters as a multiple of
the mean of the 28 days before; a spike is found if one of its days fires. Days on which the series
fires by itself, then or in the week before, are not used: what is found there is no merit, and
what is missed there no fault.
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
"""Days below which a series has no halves worth measuring."""
TARGETS = {"alert": 1.2, "notice": 4.8}
"""Alarms a series-year that thresholds are set for."""
_LOCAL_DAYS = 28
_FACTORS = tuple(2 ** (exponent / 16) for exponent in range(-48, 49))
_DAYS_A_YEAR = 365.25


@dataclass(frozen=True)
class Kind:
    """A spike to add: so many days of so many times the local mean on top."""

    days: int
    times: int
    least: int
    """Reporters a day, where the mean is small."""

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
    """Share of the added spikes."""
    delay: float
    """Mean days from a found spike's first day to the day that fired; 0 is the first."""
    added: int


@dataclass(frozen=True)
class LevelResult:
    level: str
    thresholds: Thresholds
    alarms_before: float
    """A series-year, in the first halves."""
    alarms: float
    """A series-year, in the second halves."""
    detections: Mapping[Kind, Detection]


@dataclass(frozen=True)
class Scored:
    """A series with what was foretold for each of its days."""

    series: DailySeries
    forecasts: Mapping[int, Sequence[Forecast]]
    scores: Mapping[int, Score]

    @property
    def half(self) -> int:
        return len(self.series.reporters) // 2


def score_series(series: DailySeries) -> Scored:
    """Raises ValueError for a series too short to be measured (`SHORTEST`)."""
    size = len(series.reporters)
    if size < SHORTEST:
        raise ValueError(f"has {size} days; at least {SHORTEST} are needed")
    weekday = series.start.weekday()
    forecasts = {day: forecast(series.reporters, weekday, day) for day in range(MINIMUM_DAYS, size)}
    scores = {day: score_against(series, day, ahead) for day, ahead in forecasts.items()}
    return Scored(series, forecasts, scores)


@dataclass(frozen=True)
class Measurement:
    """Of these series: results for thresholds, with this seed and number of spikes a kind."""

    scored: Mapping[str, Scored]
    seed: int = 1
    spikes: int = 1000
    rule: Rule = RULE

    def as_shipped(self) -> list[LevelResult]:
        return [self._result("alert", self.rule.alert), self._result("notice", self.rule.notice)]

    def tuned(self) -> list[LevelResult]:
        """With thresholds set on the first halves."""
        return [
            self._result(level, self._tune(thresholds, TARGETS[level]))
            for level, thresholds in (("alert", self.rule.alert), ("notice", self.rule.notice))
        ]

    def _tune(self, thresholds: Thresholds, target: float) -> Thresholds:
        """The shipped ones times the largest factor that keeps alarms within the target."""
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
        """As many from each series, spread evenly over its days from a random one on."""
        dice = Random(f"{self.seed}/{kind}")  # noqa: S311 - a simulation
        usable = [
            (one, days)
            for _, one in sorted(self.scored.items())
            if (days := self._quiet_days(one, kind, thresholds))
        ]
        for number, (one, days) in enumerate(usable):
            share = (self.spikes + number) // len(usable)
            offset = dice.random()
            for place in range(share):
                yield one, days[int((place + offset) * len(days) / share)]

    def _quiet_days(self, one: Scored, kind: Kind, thresholds: Thresholds) -> list[int]:
        """Where a spike can be added without meeting one that is there already."""
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
    """Scores of the spike's days. What is foretold for them does not rest on them: the baseline
    ends a week before, and no spike here is longer."""
    assert kind.days <= GUARD_DAYS  # noqa: S101 - a slip in KINDS would be wrong silently
    counts = list(one.series.reporters)
    local = sum(counts[first - _LOCAL_DAYS : first]) / _LOCAL_DAYS
    for day in range(first, first + kind.days):
        counts[day] += max(kind.least, round(kind.times * local))
    spiked = replace(one.series, reporters=counts)
    for day in range(first, first + kind.days):
        yield score_against(spiked, day, one.forecasts[day])
