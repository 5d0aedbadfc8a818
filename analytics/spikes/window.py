"""Windows of consecutive days, with observed and expected reporters."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

from analytics.spikes.baseline import Forecast
from analytics.spikes.distributions import negative_binomial_quantile, negative_binomial_tail

_RANGE = 0.9
"""Share of windows within the expected range."""
Days = Sequence[tuple[date, int, Forecast]]
"""Day, reporters and forecast, oldest first."""


@dataclass(frozen=True)
class Expected:
    """Expected reporters of a window, with the bounds of the 90 % range."""

    mean: float
    low: int
    high: int


@dataclass(frozen=True)
class Window:
    """Consecutive days with observed and expected reporters."""

    days: Sequence[date]
    """Days, oldest first, imports excluded."""
    reporters: int
    """Distinct reporters per day, summed."""
    expected: Expected
    probability: float
    """Probability of this many reporters or more, if nothing had changed."""

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
    """Return mean and variance of the sum; days share the level's error."""
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
