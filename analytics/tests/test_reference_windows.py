"""Sums of the reference, computed by hand.

Issues were opened on Monday 5 January 2026 at noon UTC, as in `test_reference`.
"""

from datetime import UTC, date, datetime, timedelta

import pytest

from analytics.tests.histories import make_histories
from analytics.tests.reference_windows import Reference, percentile
from analytics.tests.stored_histories import ZONES
from analytics.tests.test_reference import DAY, HOUR, MONDAY, UTC_DAYS, at, issue

SUNDAY = date(2026, 1, 11)
YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def reference(*issues) -> Reference:
    return Reference(issues, UTC_DAYS)


WEEK_OF_FOUR = (
    issue("To Do 2 Doing 5 Done"),  # all on Monday
    issue("To Do 24 Doing 48 Done 72 To Do 96 Closed", outcome="unknown"),
    issue("To Do 48 Doing", first_response_at=at(24)),
    issue("Done", outcome="duplicate", source_updated_at=at(72)),  # on Thursday, if at all
)


@pytest.mark.parametrize(
    ("name", "in_week", "on_monday"),
    [
        ("opened", 4, 4), ("closed", 3, 1), ("reopened", 1, 0), ("delivered", 2, 1),
        ("delivered_unknown", 1, 0), ("closed_undated", 1, 0), ("closings_reopened", 1, 0),
        ("cohort_delivered", 2, 2), ("cohort_open", 1, 1), ("cohort_in_progress", 1, 1),
        ("cohort_unanswered", 0, 0),
    ],
)  # fmt: skip
def test_events_count_on_their_days(name, in_week, on_monday):
    known = reference(*WEEK_OF_FOUR)

    assert known.count(name, MONDAY, SUNDAY) == in_week
    assert known.count(name, MONDAY, MONDAY) == on_monday


def test_nothing_is_closed_before_it_was_opened():
    known = reference(issue("Done", source_updated_at=at(-48)))

    assert known.count("closed_undated", MONDAY, MONDAY) == 1
    assert known.excluded("resolution", MONDAY, MONDAY) == {"closed_undated": 1}


def test_durations_of_a_window():
    known = reference(*WEEK_OF_FOUR)

    assert known.values("resolution", MONDAY, SUNDAY) == [5 * HOUR, 4 * DAY]
    assert known.average("resolution", MONDAY, SUNDAY) == (5 * HOUR + 4 * DAY) / 2
    assert known.values("first_resolution", MONDAY, SUNDAY) == [5 * HOUR, 2 * DAY]
    assert known.values("cycle", MONDAY, SUNDAY) == [3 * HOUR, DAY]
    assert known.values("response", MONDAY, MONDAY) == []
    assert known.average("response", MONDAY, MONDAY) is None
    assert known.values("status.To Do", MONDAY, SUNDAY) == [2 * HOUR, 2 * DAY]
    assert known.excluded("resolution", MONDAY, SUNDAY) == {"not_delivered": 1}


def test_flow_is_work_by_time_since_it_began():
    """3 of 3 hours, and 1 of 3 days."""
    efficiency = reference(*WEEK_OF_FOUR).flow_efficiency(MONDAY, SUNDAY)

    assert efficiency == (3 + 24) / (3 + 72)


def test_backlog_of_every_day():
    known = reference(*WEEK_OF_FOUR)

    days = [date(2026, 1, day) for day in range(4, 11)]
    assert [known.backlog(day) for day in days] == [0, 3, 3, 2, 2, 1, 1]
    assert known.now() == (4, 1, 3)


def test_delivery_rate_is_of_those_opened():
    assert reference(*WEEK_OF_FOUR).delivery_rate(MONDAY, SUNDAY) == 2 / 4
    assert reference().delivery_rate(MONDAY, SUNDAY) is None


@pytest.mark.parametrize(
    ("now", "rate"),
    [
        (datetime(2026, 2, 4, 23, 59, tzinfo=UTC), None),  # Monday's end is not 30 days past
        (datetime(2026, 2, 5, tzinfo=UTC), 0),
        (datetime(2026, 3, 1, tzinfo=UTC), 1 / 3),
    ],
)
def test_reopen_rate_waits_for_thirty_days(now, rate):
    assert reference(*WEEK_OF_FOUR).reopen_rate(*YEAR, now) == rate


def test_unanswered_are_the_open_ones():
    known = reference(issue("To Do"), issue("Done", closed_at=at(1)), *WEEK_OF_FOUR)

    assert known.unanswered(at(10)) == (1, 10 * HOUR)
    assert reference().unanswered(at(10)) == (0, None)


def test_removed_issues_contribute_nothing():
    known = reference(issue("To Do 2 Doing 5 Done", removed=True))

    assert (known.marks, known.now()) == ([], (0, 0, 0))


def test_weeks_begin_on_monday_and_are_complete():
    sunday = datetime(2026, 2, 8, 23, tzinfo=UTC)

    assert reference().week_starts(sunday)[-1] == date(2026, 1, 26)
    assert reference().week_starts(sunday + timedelta(hours=1))[-1] == date(2026, 2, 2)


def test_weekly_metrics_of_the_last_four_complete_weeks():
    """Backlog at the end of Sundays: 0, 2, 2, 1, 1. Two closings in four weeks, one delivered."""
    known = reference(issue("To Do 360 Done"), issue("To Do"), issue("To Do 1 Done", outcome=None))
    now = datetime(2026, 2, 2, tzinfo=UTC)

    assert [known.backlog_growth(monday) for monday in known.week_starts(now)] == [2, 0, -1, 0]
    assert known.backlog_slope(now) == ((-2) * 0 + (-1) * 2 + 0 * 2 + 1 * 1 + 2 * 1) / 10
    assert known.throughput(now) == 1 / 4


@pytest.mark.parametrize(
    ("count", "percent", "value"),
    [(1, 50, 1), (2, 50, 1), (3, 50, 2), (4, 75, 3), (10, 90, 9), (11, 90, 10), (20, 75, 15)],
)
def test_percentiles_use_the_nearest_rank(count, percent, value):
    assert percentile(range(1, count + 1), percent) == value


@pytest.mark.parametrize("seed", range(len(ZONES)))
def test_every_open_issue_of_any_history_is_in_the_last_backlog(seed):
    known = reference(*make_histories(seed, 300))

    assert (known.total(date.max), known.backlog(date.max)) == known.now()[:2]
