"""Histogram buckets: exact for small durations, bounded error above, additive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.facts.histograms import MAX_ERROR, bucket_of, merge, percentiles, quantile, value_of

DURATION = st.integers(0, 4_000_000_000)


@given(DURATION)
def test_bucket_middle_is_within_the_error_bound(seconds):
    assert abs(value_of(bucket_of(seconds)) - seconds) <= MAX_ERROR * seconds


@given(DURATION)
def test_buckets_ascend_with_durations(seconds):
    assert bucket_of(seconds + 1) - bucket_of(seconds) in (0, 1)


@given(st.lists(DURATION, min_size=1, max_size=200), st.sampled_from([50, 75, 90]))
def test_a_percentile_is_within_two_per_cent_of_the_exact_one(durations, percent):
    counts: dict[int, int] = {}
    for seconds in durations:
        counts[bucket_of(seconds)] = counts.get(bucket_of(seconds), 0) + 1

    exact = sorted(durations)[max(1, -(-percent * len(durations) // 100)) - 1]

    assert quantile(counts, percent) == pytest.approx(exact, rel=0.02)


def test_too_few_durations_give_no_percentile():
    assert percentiles({60: 19}).p50 is None
    assert percentiles({60: 20}).p50 == 60


def test_histograms_add_up():
    assert merge([{"1": 2, "70": 1}, {"1": 3}]) == {1: 5, 70: 1}
