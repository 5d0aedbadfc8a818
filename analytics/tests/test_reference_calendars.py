"""Days and working hours of the reference, with values computed by hand."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from analytics.tests.reference import Calendar, Hours, Measures
from analytics.tests.test_reference import HOUR, issue

OFFICE = Hours((1, 2, 3, 4, 5), time(9), time(17))


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-01-05T12:00", "2026-01-05T15:00", 3),
        ("2026-01-05T07:00", "2026-01-05T20:00", 8),
        ("2026-01-05T17:00", "2026-01-06T09:00", 0),
        ("2026-01-09T16:00", "2026-01-12T10:00", 2),  # over a weekend
        ("2026-01-10T00:00", "2026-01-11T23:00", 0),  # within it
        ("2026-01-05T09:00", "2026-01-12T09:00", 40),
    ],
)
def test_working_time(start, end, hours):
    calendar = Calendar(ZoneInfo("UTC"), OFFICE)
    moments = (datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in (start, end))

    assert calendar.working_seconds(*moments) == hours * HOUR


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", date(2025, 3, 9), 7),  # 2:00 to 3:00 is left out
        ("America/New_York", date(2025, 11, 2), 9),  # 1:00 to 2:00 comes twice
        ("America/New_York", date(2025, 11, 3), 8),
        ("Australia/Lord_Howe", date(2024, 10, 6), 7.5),
        ("Australia/Lord_Howe", date(2025, 4, 6), 8.5),
        ("Asia/Kathmandu", date(1986, 1, 1), 7.75),  # 15 minutes on at midnight
    ],
)
def test_working_time_of_a_night_on_which_clocks_change(zone, day, hours):
    calendar = Calendar(ZoneInfo(zone), Hours(tuple(range(1, 8)), time(0), time(8)))
    noon = datetime.combine(day, time(12), ZoneInfo(zone)).astimezone(UTC)

    assert calendar.working_seconds(noon - timedelta(hours=13), noon) == hours * HOUR


def test_no_working_time_before_1970():
    calendar = Calendar(ZoneInfo("UTC"), Hours(tuple(range(1, 8)), time(0), time(8)))
    moments = (datetime(1969, 12, 30, tzinfo=UTC), datetime(1970, 1, 3, tzinfo=UTC))

    assert calendar.working_seconds(*moments) == 2 * 8 * HOUR


def test_days_follow_the_time_zone():
    moment = datetime(2025, 3, 9, 4, 59, 59, tzinfo=UTC)
    new_york = Calendar(ZoneInfo("America/New_York"))

    assert new_york.day(moment) == date(2025, 3, 8)
    assert new_york.day(moment + timedelta(seconds=1)) == date(2025, 3, 9)


def test_working_hours_give_both_durations():
    known = Measures(issue("To Do 3 Doing 6 Done"), Calendar(ZoneInfo("UTC"), OFFICE))

    assert known.seconds["resolution"] == 6 * HOUR
    assert known.working == {"resolution": 5 * HOUR, "first_resolution": 5 * HOUR,
                             "cycle": 2 * HOUR}  # fmt: skip
