"""Spike rule on tables of numbers."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from analytics.spikes.rule import RULE, DailySeries, score_day, score_days, spans
from analytics.spikes.synthetic_series import draw
from analytics.spikes.window import expected_over

MONDAY = date(2024, 1, 1)
EVEN = [2, 1, 3, 2, 2, 1, 3]
OFFICE = [6, 5, 7, 6, 5, 0, 1]
SELDOM = [0, 0, 1, 0, 0, 0, 0]


def series(week: list[int], last: list[int], weeks: int = 18, **more) -> DailySeries:
    """Return a series of identical weeks, ending with `last`."""
    return DailySeries(MONDAY, week * weeks + last, **more)


def level(given: DailySeries) -> str | None:
    """Return the level of the last day."""
    score = score_day(given, given.day(len(given.reporters) - 1))
    return score and score.level(RULE)


@pytest.mark.parametrize(
    ("week", "last", "expected"),
    [
        (EVEN, [2], None),
        (EVEN, [4], None),
        (EVEN, [12], "alert"),
        (OFFICE, [6], None),
        (OFFICE, [20], "alert"),
        # Monday's usual count is a spike on a Sunday.
        (OFFICE, [6, 5, 7, 6, 5, 0, 6], "alert"),
        (OFFICE, [6, 5, 7, 6, 5, 0, 1], None),
        # Two people in a week are below the minimum.
        (SELDOM, [0, 0, 0, 0, 0, 0, 2], None),
        (SELDOM, [3], "alert"),
        (SELDOM, [0, 0, 1, 1, 1, 1, 1], "alert"),
        # Slightly more on several days, none of which would fire alone.
        (EVEN, [5, 4, 6, 5], "notice"),
        (EVEN, [5, 5, 6, 5, 6], "alert"),
        (EVEN, [0, 0, 0, 0], None),
    ],
)
def test_level_of_a_day(week, last, expected):
    assert level(series(week, last)) == expected


def test_no_score_in_the_first_six_weeks():
    young = DailySeries(MONDAY, EVEN * 5 + [2, 1, 3, 2, 2, 1, 30, 30])

    assert score_day(young, young.day(41)) is None
    assert score_day(young, young.day(42)) is not None


@pytest.mark.parametrize("days", [-1, 7 * 18])
def test_day_outside_the_series_has_no_score(days):
    given = series(EVEN, [])

    assert score_day(given, MONDAY + timedelta(days=days)) is None


@pytest.mark.parametrize("last", [[12], [5, 4, 6, 5], [5, 5, 6, 5, 6], [4, 7, 3, 9, 2, 8]])
def test_day_that_fires_has_a_window_above_expected_range(last):
    given = series(EVEN, last)
    score = score_day(given, given.day(len(given.reporters) - 1))

    window = score.window(RULE.minimum_reporters)

    assert window.days[-1] == score.day
    assert window.reporters == sum(last[-len(window.days) :])
    assert window.reporters > window.expected.high


def test_an_import_day_is_in_no_window():
    given = series(EVEN, [5, 50, 6, 5, 6])
    imported = given.day(7 * 18 + 1)

    score = score_day(replace(given, imported=frozenset({imported})), given.day(7 * 18 + 4))

    window = score.window(RULE.minimum_reporters)
    assert imported not in window.days
    assert window.reporters < 50


def test_an_import_day_never_fires():
    given = series(EVEN, [50])
    last = given.day(7 * 18)

    assert score_day(series(EVEN, [50], imported=frozenset({last})), last) is None


def test_import_is_excluded_from_the_baseline():
    imports = frozenset(MONDAY + timedelta(days=day) for day in range(90, 94))
    counts = EVEN * 18 + [9]
    bulky = [60 if 90 <= day < 94 else count for day, count in enumerate(counts)]

    known = score_day(DailySeries(MONDAY, bulky, imports), MONDAY + timedelta(days=126))

    assert known.level(RULE) == "alert"
    assert known.forecast.mean == pytest.approx(2, abs=0.3)


def test_an_import_of_yesterday_starts_no_run():
    given = series(EVEN, [50, 2])
    yesterday = given.day(7 * 18)

    assert level(series(EVEN, [50, 2], imported=frozenset({yesterday}))) is None


def test_a_past_peak_hides_no_spike():
    peaks = EVEN * 8 + [40, 45, 38] + EVEN[3:] + EVEN * 9

    score = score_day(DailySeries(MONDAY, [*peaks, 12]), MONDAY + timedelta(days=len(peaks)))

    assert score.level(RULE) == "alert"
    assert score.forecast.mean == pytest.approx(2, abs=0.4)


def test_growth_is_no_spike():
    growing = [round(3 + day / 20) for day in range(300)]
    given = DailySeries(MONDAY, growing)

    assert not [one for one in score_days(given, map(given.day, range(300))) if one.level(RULE)]


@pytest.mark.parametrize("factor", [2, 3])
def test_a_new_level_stops_firing(factor):
    rng = Random(4)
    counts = [draw(rng, 4 * (factor if day >= 200 else 1), 1.3) for day in range(290)]
    given = DailySeries(MONDAY, counts)

    scores = score_days(given, map(given.day, range(200, 290)))
    fired = [given.index(one.day) - 200 for one in scores if one.level(RULE) == "alert"]

    assert min(fired) <= 3
    assert max(fired) < 45


def test_empty_series_is_scored():
    score = score_day(series([0] * 7, [0]), MONDAY + timedelta(days=126))

    assert score.level(RULE) is None
    assert expected_over([score.forecast]).low == 0


def test_expected_range_holds_most_days():
    rng = Random(1)
    given = DailySeries(MONDAY, [draw(rng, 6, 1.5) for _ in range(500)])

    scores = list(score_days(given, map(given.day, range(200, 500))))
    ranges = [(one.reporters, expected_over([one.forecast])) for one in scores]
    within = [bounds.low <= reporters <= bounds.high for reporters, bounds in ranges]

    assert 0.88 <= sum(within) / len(within) <= 0.99


def test_a_score_does_not_know_the_future():
    past = series(EVEN, [7])
    day = past.day(7 * 18)

    assert score_day(past, day) == score_day(series(EVEN, [7, 90, 90]), day)


def test_seven_quiet_days_lie_between_alarms():
    fired = [MONDAY + timedelta(days=day) for day in (0, 1, 8, 16, 40)]

    days = [((first - MONDAY).days, (last - MONDAY).days) for first, last in spans(fired)]

    assert days == [(0, 8), (16, 16), (40, 40)]


def test_expected_of_a_week_is_narrower_than_seven_days_apart():
    given = series(EVEN, EVEN)
    scores = list(score_days(given, map(given.day, range(126, 133))))

    week = expected_over([one.forecast for one in scores])

    assert week.mean == pytest.approx(14, abs=0.5)
    assert week.high < sum(expected_over([one.forecast]).high for one in scores)


@settings(max_examples=15, deadline=None)
@drawn(
    counts=st.lists(st.sampled_from([0, 0, 1, 2, 7, 900, 1_000_000]), min_size=43, max_size=140),
    imports=st.sets(st.integers(0, 140), max_size=20),
)
def test_any_series_is_scored(counts, imports):
    imported = frozenset(MONDAY + timedelta(days=day) for day in imports)
    odd = DailySeries(MONDAY, counts, imported)

    for score in score_days(odd, map(odd.day, range(len(counts)))):
        assert 0 <= score.day_probability <= 1
        assert 0 <= score.run_probability <= 1
        assert score.forecast.mean > 0
        window = score.window(RULE.minimum_reporters)
        assert window is None or window.reporters > window.expected.high
        assert window or score.level(RULE) is None
