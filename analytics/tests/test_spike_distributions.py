"""Tail probabilities compared with values from scipy."""

import pytest

from analytics.spikes.distributions import (
    negative_binomial_quantile,
    negative_binomial_tail,
    skewed_tail,
    upper_gamma,
)


@pytest.mark.parametrize(
    ("count", "mean", "variance", "expected"),
    [
        (0, 2.0, 3.0, 1.0),
        (1, 0.1, 0.1, 0.09516258196404048),
        (3, 0.2, 0.2, 0.0011484812448621096),
        (5, 1.0, 2.0, 0.03125),
        (40, 9.0, 20.0, 5.9387804943924545e-06),
        (200, 100.0, 150.0, 3.451227599989844e-12),
    ],
)
def test_negative_binomial_tail(count, mean, variance, expected):
    assert negative_binomial_tail(count, mean, variance) == pytest.approx(expected, rel=1e-9)


def test_tails_too_small_for_one_less_the_rest():
    assert negative_binomial_tail(60, 9.0, 20.0) == pytest.approx(3.9285301790403735e-10, rel=1e-9)


@pytest.mark.parametrize(
    ("count", "mean", "variance", "expected"),
    [
        (1200, 1000.0, 2000.0, 9.8718e-06),
        (260, 210.0, 400.0, 0.0089392),
        (103000, 100000.0, 1000000.0, 0.0014667),
    ],
)
def test_tails_of_large_counts(count, mean, variance, expected):
    assert negative_binomial_tail(count, mean, variance) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(("probability", "expected"), [(0.025, 0), (0.5, 2), (0.975, 6)])
def test_quantiles_of_a_poisson(probability, expected):
    assert negative_binomial_quantile(probability, 2.5, 2.5) == expected


@pytest.mark.parametrize(
    ("shape", "x", "expected"),
    [
        (0.5, 3.0, 0.014305878435429641),
        (4.0, 4.0, 0.43347012036670896),
        (100.0, 140.0, 0.00016105717471255715),
        (3.0, 0.0, 1.0),
    ],
)
def test_upper_gamma(shape, x, expected):
    assert upper_gamma(shape, x) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("skewness", "expected"), [(0.0, 0.0227501), (0.01, 0.023019), (1.0, 0.042380)]
)
def test_skewness_makes_a_tail_heavier(skewness, expected):
    assert skewed_tail(2.0, skewness) == pytest.approx(expected, rel=1e-4)
