"""Baseline: forecast of a day's count by a regression over the weeks before it.

Quasi-Poisson, log-linear, with a trend and an effect of each weekday, fitted by penalised
iteratively reweighted least squares; days far above it are down-weighted and it is fitted again
(Noufaily et al. 2013, "An improved algorithm for outbreak detection in multiple surveillance
systems", after Farrington et al. 1996). Three things differ from the paper, because counts of a
label are small and projects move fast:

- weekday effects and the trend are shrunk towards zero, the weekdays by as much as chance alone
  explains of their differences (empirical Bayes), so that noise is not fitted as a weekly pattern;
- a day has half the weight of one 60 days later, so that a new level is learned within weeks;
- the last seven days are forecast, not fitted: a spike that began in them cannot hide itself.
"""

import math
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from analytics.spikes.weekday_regression import Design, Effects, Information, solve

WINDOW_DAYS = 16 * 7
GUARD_DAYS = 7
MINIMUM_DAYS = 6 * 7
"""Age in days from which a series is evaluated."""

_HALF_LIFE_DAYS = 60
_PEAK = 2.58
"""Standardised Anscombe residual beyond which a past day is a peak (Noufaily et al.)."""
_CLIP = 3.5
"""Standardised residual at which a past day's contribution to the dispersion is capped."""
_USUAL_DISPERSION = 1.1
_USUAL_DISPERSION_DAYS = 10
_LEVEL_VARIANCE = 0.03
"""Squared coefficient of variation of a day's level around the fit."""
_SMALLEST_MEAN = 0.02


@dataclass(frozen=True)
class Forecast:
    """Forecast of one day: expected count and its variance."""

    mean: float
    noise: float
    """Variance of the count if the mean were known exactly."""
    level: float
    """Squared relative error of the mean itself."""

    @property
    def variance(self) -> float:
        return self.noise + self.level * self.mean * self.mean


def window_before(day: int) -> range:
    """Return the days (indices) used to forecast `day`; may be empty."""
    end = max(day - GUARD_DAYS, 0)
    return range(max(end - WINDOW_DAYS, 0), end)


def forecast(
    counts: Sequence[int], weekday: int, day: int, skipped: AbstractSet[int] = frozenset()
) -> list[Forecast]:
    """Forecast `day` and the seven days before it, from the days before those.

    `counts` has one count per day, oldest first; `weekday` is that of the first (Monday is 0).
    `day` and `skipped` (days excluded from the fit) are indices of `counts`. Raises ValueError if
    the series is younger than six weeks on `day`.
    """
    if day < MINIMUM_DAYS:
        raise ValueError(f"Day {day} is too early: the first forecast is for day {MINIMUM_DAYS}.")
    window = window_before(day)
    design = Design.of(len(window), (weekday + window.start) % 7)
    history = counts[window.start : window.stop]
    weights = [
        0.0 if index in skipped else 0.5 ** ((window.stop - 1 - index) / _HALF_LIFE_DAYS)
        for index in window
    ]
    effects, information, dispersion = _fit(design, history, weights)
    return [
        _forecast_one(design, ahead, (effects, information, dispersion))
        for ahead in range(GUARD_DAYS + 1)
    ]


def _fit(
    design: Design, counts: Sequence[int], weights: Sequence[float]
) -> tuple[Effects, Information, float]:
    precision = design.weekday_precision(counts, weights, _USUAL_DISPERSION)
    effects, information = solve(design, counts, weights, precision)
    means = design.means(effects)
    dispersion = _dispersion(counts, means, weights, _USUAL_DISPERSION)
    lighter = _without_peaks(counts, means, weights, dispersion)
    if lighter == weights:
        return effects, information, dispersion
    effects, information = solve(design, counts, lighter, precision, start=effects)
    means = design.means(effects)
    return effects, information, _dispersion(counts, means, weights, dispersion)


def _dispersion(
    counts: Sequence[int],
    means: Sequence[float],
    weights: Sequence[float],
    guess: float,
) -> float:
    """Compute Pearson's dispersion, with capped outliers and shrunk to the usual value.

    A few weeks of small counts contain little information about it.
    """
    clip = _CLIP * _CLIP * guess
    squares = (
        weight * min((count - mean) ** 2 / mean, clip)
        for count, mean, weight in zip(counts, means, weights, strict=True)
    )
    freedom = max(sum(weights) - 8, 1.0)
    prior = _USUAL_DISPERSION_DAYS * _USUAL_DISPERSION
    return max(1.0, (sum(squares) + prior) / (freedom + _USUAL_DISPERSION_DAYS))


def _without_peaks(
    counts: Sequence[int], means: Sequence[float], weights: Sequence[float], dispersion: float
) -> list[float]:
    """Divide the weights of peaks by their squared standardised Anscombe residual."""
    scale = 1.5 / math.sqrt(dispersion)
    lighter = []
    for count, mean, weight in zip(counts, means, weights, strict=True):
        residual = scale * (count ** (2 / 3) - mean ** (2 / 3)) / mean ** (1 / 6)
        lighter.append(weight / (residual * residual) if residual > _PEAK else weight)
    return lighter


def _forecast_one(
    design: Design, ahead: int, fitted: tuple[Effects, Information, float]
) -> Forecast:
    effects, information, dispersion = fitted
    mean = max(design.mean_ahead(effects, ahead), _SMALLEST_MEAN)
    level = dispersion * design.relative_error(information, ahead) + _LEVEL_VARIANCE
    return Forecast(mean=mean, noise=dispersion * mean, level=level)
