"""Regression with intercept, trend and seven weekday effects.

The weekdays' block of the information matrix is diagonal, so a step of Newton's method takes one
pass over the days and a two-by-two system (Schur's complement). It needs no library.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

_TREND_PRECISION = 20.0
"""Precision of the trend's prior, in 1 / (log change per window) squared."""
_MOST_PRECISE = 50.0
"""Precision of the weekday effects' prior if their differences are only chance."""
_LEAST_PRECISE = 0.3
_LOWEST_INTERCEPT = -8.0
_STEPS = 12
_LARGEST_STEP = 2.0
_SMALL_STEP = 1e-3


@dataclass(frozen=True)
class Effects:
    intercept: float
    trend: float
    """Log change over the whole window."""
    weekdays: tuple[float, ...]


@dataclass(frozen=True)
class Information:
    """Penalised information matrix, reduced by the weekdays' block."""

    intercept: float
    cross: float
    trend: float
    """Schur's complement of the weekdays' block, with `intercept` and `cross`."""
    by_day: tuple[float, ...]
    by_day_trend: tuple[float, ...]
    diagonal: tuple[float, ...]


@dataclass(frozen=True)
class Design:
    """Design matrix of a window: times (-1 to 0) and weekdays."""

    times: tuple[float, ...]
    weekdays: tuple[int, ...]

    @classmethod
    def of(cls, days: int, first_weekday: int) -> Self:
        return cls(
            times=tuple((index + 0.5) / days - 1 for index in range(days)),
            weekdays=tuple((first_weekday + index) % 7 for index in range(days)),
        )

    def means(self, effects: Effects) -> list[float]:
        levels = [effects.intercept + effect for effect in effects.weekdays]
        pairs = zip(self.times, self.weekdays, strict=True)
        return [math.exp(levels[day] + effects.trend * time) for time, day in pairs]

    def ahead(self, days: int) -> tuple[float, int]:
        """Return time and weekday of the day `days` + 1 after the window."""
        size = len(self.times)
        return (days + 0.5) / size, (self.weekdays[0] + size + days) % 7

    def mean_ahead(self, effects: Effects, days: int) -> float:
        time, day = self.ahead(days)
        return math.exp(effects.intercept + effects.weekdays[day] + effects.trend * time)

    def relative_error(self, information: Information, days: int) -> float:
        """Compute the variance of the log of `mean_ahead`, for a dispersion of 1."""
        time, day = self.ahead(days)
        diagonal = information.diagonal[day]
        first = 1 - information.by_day[day] / diagonal
        second = time - information.by_day_trend[day] / diagonal
        x, y = _two_by_two(
            (information.intercept, information.cross, information.trend), first, second
        )
        return first * x + second * y + 1 / diagonal

    def weekday_precision(
        self, counts: Sequence[int], weights: Sequence[float], dispersion: float
    ) -> float:
        """Compute the precision of the weekday effects' prior.

        It is the inverse of their variance beyond chance.
        """
        ceiling = 3 * max(1.0, sum(counts) / len(counts))
        seen, days = [0.0] * 7, [0.0] * 7
        for count, weight, day in zip(counts, weights, self.weekdays, strict=True):
            seen[day] += weight * min(count, ceiling)
            days[day] += weight
        if not sum(seen):
            return _MOST_PRECISE
        rate = sum(seen) / sum(days)
        expected = [rate * share for share in days]
        chi_squared = sum((s - e) ** 2 / e for s, e in zip(seen, expected, strict=True) if e > 0)
        beyond = (chi_squared / dispersion / 6 - 1) * 7 * dispersion / sum(seen)
        return min(max(1 / beyond, _LEAST_PRECISE), _MOST_PRECISE) if beyond > 0 else _MOST_PRECISE


def solve(
    design: Design,
    counts: Sequence[int],
    weights: Sequence[float],
    precision: float,
    start: Effects | None = None,
) -> tuple[Effects, Information]:
    """Fit the effects by Newton's method; `precision` shrinks the weekday effects."""
    effects = start or _level(counts, weights)
    information = None
    for _ in range(_STEPS):
        information, gradient = _slopes(design, effects, (counts, weights), precision)
        effects, size = _step(effects, information, gradient)
        if size < _SMALL_STEP:
            break
    assert information is not None  # noqa: S101 - at least one step was made
    return effects, information


def _level(counts: Sequence[int], weights: Sequence[float]) -> Effects:
    total = sum(weights)
    weighted = sum(count * weight for count, weight in zip(counts, weights, strict=True))
    mean = weighted / total if total else 0.0
    return Effects(math.log(max(mean, 0.02)), 0.0, (0.0,) * 7)


_Gradient = tuple[float, float, list[float]]


def _slopes(
    design: Design,
    effects: Effects,
    data: tuple[Sequence[int], Sequence[float]],
    precision: float,
) -> tuple[Information, _Gradient]:
    """Compute information matrix and gradient of the penalised likelihood at `effects`."""
    one, time_, square = [0.0] * 7, [0.0] * 7, [0.0] * 7
    slope, slope_time = [0.0] * 7, 0.0
    rows = zip(*data, design.means(effects), design.weekdays, design.times, strict=True)
    for count, weight, mean, day, time in rows:
        heavy = weight * mean
        missing = weight * count - heavy
        one[day] += heavy
        time_[day] += heavy * time
        square[day] += heavy * time * time
        slope[day] += missing
        slope_time += missing * time
    diagonal = [value + precision for value in one]
    shares = [value / whole for value, whole in zip(one, diagonal, strict=True)]
    information = Information(
        intercept=sum(v * (1 - s) for v, s in zip(one, shares, strict=True)) + 1e-6,
        cross=sum(v * (1 - s) for v, s in zip(time_, shares, strict=True)),
        trend=sum(square)
        + _TREND_PRECISION
        - sum(v * v / whole for v, whole in zip(time_, diagonal, strict=True)),
        by_day=tuple(one),
        by_day_trend=tuple(time_),
        diagonal=tuple(diagonal),
    )
    weekdays = [v - precision * e for v, e in zip(slope, effects.weekdays, strict=True)]
    return information, (sum(slope), slope_time - _TREND_PRECISION * effects.trend, weekdays)


def _step(effects: Effects, information: Information, gradient: _Gradient) -> tuple[Effects, float]:
    """Make a limited Newton step; return effects and unlimited step size."""
    level, trend, weekdays = gradient
    ratios = [v / whole for v, whole in zip(weekdays, information.diagonal, strict=True)]
    level -= sum(a * b for a, b in zip(information.by_day, ratios, strict=True))
    trend -= sum(a * b for a, b in zip(information.by_day_trend, ratios, strict=True))
    matrix = (information.intercept, information.cross, information.trend)
    x, y = _two_by_two(matrix, level, trend)
    moves = [
        ratio - (a * x + b * y) / whole
        for ratio, a, b, whole in zip(
            ratios, information.by_day, information.by_day_trend, information.diagonal, strict=True
        )
    ]
    size = max(abs(x), abs(y), *(abs(move) for move in moves))
    part = min(1.0, _LARGEST_STEP / size) if size else 1.0
    moved = Effects(
        intercept=max(effects.intercept + part * x, _LOWEST_INTERCEPT),
        trend=effects.trend + part * y,
        weekdays=tuple(e + part * m for e, m in zip(effects.weekdays, moves, strict=True)),
    )
    return moved, size


def _two_by_two(
    matrix: tuple[float, float, float], first: float, second: float
) -> tuple[float, float]:
    """Solve the symmetric system [[a, b], [b, c]] (x, y) = (first, second)."""
    a, b, c = matrix
    determinant = a * c - b * b
    return (c * first - b * second) / determinant, (a * second - b * first) / determinant
