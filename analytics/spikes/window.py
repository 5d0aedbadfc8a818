"""Days on end that together stand out, and what was to be expected of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

from analytics.spikes.baseline import Forecast
from analytics.spikes.distributions import negative_binomial_quantile, negative_binomial_tail

_RANGE = 0.9
"""Of 100 windows 90 lie within what is expected: five above it."""
Days = Sequence[tuple[date, int, Forecast]]
"""Day, reporters and forecast, oldest first."""


@dataclass(frozen=True)
class Expected:
    """Reporters of some days together, had nothing changed: 90 of 100 lie between the bounds."""

    mean: float
    low: int
    high: int


@dataclass(frozen=True)
class Window:
    """Days on end that together stand out, and what was expected of them."""

    days: Sequence[date]
    """Oldest first, imports left out."""
    reporters: int
    """Distinct ones of each day, added up."""
    expected: Expected
    probability: float
    """Of so many reporters or more, had nothing changed."""

    @classmethod
    def of(cls, days: Days) -> Self:
        return cls(
            days=[day for day, _, _ in days],
            reporters=sum(count for _, count, _ in days),
            expected=expected_over([ahead for _, _, ahead in days]),
            probability=tail_of(days),
        )


def tail_of(days: Days) -> float:
    mean, variance = _moments([ahead for _, _, ahead in days])
    return negative_binomial_tail(sum(count for _, count, _ in days), mean, variance)


def _moments(days: Sequence[Forecast]) -> tuple[float, float]:
    """Each day's own noise adds up; the error of the level is the same on all of them."""
    mean = sum(day.mean for day in days)
    level = max((day.level for day in days), default=0.0)
    return mean, sum(day.noise for day in days) + level * mean * mean


def expected_over(days: Sequence[Forecast]) -> Expected:
    mean, variance = _moments(days)
    return Expected(
        mean=mean,
        low=negative_binomial_quantile((1 - _RANGE) / 2, mean, variance),
        high=negative_binomial_quantile((1 + _RANGE) / 2, mean, variance),
    )
