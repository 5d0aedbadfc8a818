"""Tail probabilities of discrete and skewed distributions."""

import math
from bisect import bisect_left

_NEGLIGIBLE = 1e-12
_LARGE_MEAN = 200
_LARGE_COUNT = 1000
_LARGE_DISPERSION = 50
"""Limits above which the sum is slow and its first term may underflow."""
_NEARLY_NORMAL = 0.01


def negative_binomial_tail(count: int, mean: float, variance: float) -> float:
    """Compute P(X >= count) of a negative binomial.

    Uses a Poisson if the variance is not above the mean. Summed by the recurrence of the terms,
    because counts are small (people per day).
    """
    if count <= 0:
        return 1.0
    if mean > _LARGE_MEAN or count > _LARGE_COUNT or variance > _LARGE_DISPERSION * mean:
        return _tail_of_large(count, mean, max(variance, mean))
    overdispersed = variance > mean * 1.0001
    size = mean * mean / (variance - mean) if overdispersed else math.inf
    ratio = (variance - mean) / variance if overdispersed else 0.0
    term = math.exp(size * math.log1p(-ratio)) if overdispersed else math.exp(-mean)
    below = 0.0
    for k in range(count):
        below += term
        term *= (size + k) * ratio / (k + 1) if overdispersed else mean / (k + 1)
    if below < 1 - 1e-6:
        return 1 - below
    return _sum_of_tail(count, term, size, ratio if overdispersed else mean)


def _tail_of_large(count: int, mean: float, variance: float) -> float:
    spread = math.sqrt(variance)
    return skewed_tail((count - 0.5 - mean) / spread, (2 * variance / mean - 1) / spread)


def _sum_of_tail(count: int, term: float, size: float, ratio: float) -> float:
    """Sum the terms from `count` on, where `1 - below` would be rounding error."""
    total, k = 0.0, count
    while term > total * _NEGLIGIBLE and term > 0:
        total += term
        term *= (size + k) * ratio / (k + 1) if math.isfinite(size) else ratio / (k + 1)
        k += 1
    return total


def negative_binomial_quantile(probability: float, mean: float, variance: float) -> int:
    """Return the smallest count with P(X > count) at most 1 - probability."""
    beyond = 1
    while negative_binomial_tail(beyond + 1, mean, variance) > 1 - probability:
        beyond *= 2
    counts = range(beyond + 1)
    return bisect_left(
        counts,
        probability,
        key=lambda count: 1 - negative_binomial_tail(count + 1, mean, variance),
    )


def skewed_tail(deviation: float, skewness: float) -> float:
    """Compute P(Z >= deviation) of a standardised, shifted gamma with skewness >= 0.

    Sums of few small counts are far from normal; their third moment is most of the difference
    (Pearson type III, the "Wilson-Hilferty" family of approximations).
    """
    if skewness < _NEARLY_NORMAL:
        return 0.5 * math.erfc(deviation / math.sqrt(2))
    shape = 4 / (skewness * skewness)
    return upper_gamma(shape, shape + deviation * math.sqrt(shape))


def upper_gamma(shape: float, x: float) -> float:
    """Compute the regularised upper incomplete gamma function Q(shape, x).

    Series below shape + 1, continued fraction above (Lentz): Press et al., Numerical Recipes 6.2.
    """
    if x <= 0:
        return 1.0
    scale = math.exp(-x + shape * math.log(x) - math.lgamma(shape))
    if x < shape + 1:
        return max(0.0, 1 - scale * _lower_series(shape, x))
    return scale * _upper_fraction(shape, x)


def _lower_series(shape: float, x: float) -> float:
    total = term = 1 / shape
    n = shape
    while term > total * _NEGLIGIBLE:
        n += 1
        term *= x / n
        total += term
    return total


def _upper_fraction(shape: float, x: float) -> float:
    b = x + 1 - shape
    c = 1e300
    d = 1 / b
    fraction = d
    for i in range(1, 5000):
        a = -i * (i - shape)
        b += 2
        d = 1 / (a * d + b)
        c = b + a / c
        fraction *= d * c
        if abs(d * c - 1) < _NEGLIGIBLE:
            break
    return fraction
