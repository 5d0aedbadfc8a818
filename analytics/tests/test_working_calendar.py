"""Days and working hours of a project, across daylight saving changes."""

from datetime import UTC, date, datetime

import pytest

from analytics.facts.working_calendar import Calendar, WorkingHours

HOURS = WorkingHours.of({"days": [1, 2, 3, 4, 5], "from": "09:00", "to": "17:00"})
HOUR = 3600


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-01-05T10:00", "2026-01-05T12:00", 2),
        ("2026-01-05T16:00", "2026-01-06T10:00", 2),
        ("2026-01-09T16:00", "2026-01-12T10:00", 2),  # over a weekend
        ("2026-01-10T10:00", "2026-01-11T10:00", 0),  # within one
        ("2026-01-05T00:00", "2026-01-12T00:00", 40),
        ("2026-01-05T03:00", "2026-01-05T04:00", 0),
    ],
)
def test_working_time_between_moments(start, end, hours):
    calendar = Calendar("UTC", HOURS)

    assert calendar.working_seconds(at(start), at(end)) == hours * HOUR


def test_working_hours_follow_the_time_zone():
    tokyo = Calendar("Asia/Tokyo", HOURS)

    assert tokyo.working_seconds(at("2026-01-05T00:00"), at("2026-01-05T08:00")) == 8 * HOUR


def test_a_night_shift_over_a_change_of_the_clock_has_its_real_length():
    night = WorkingHours.of({"days": [7], "from": "01:00", "to": "04:00"})
    berlin = Calendar("Europe/Berlin", night)

    spring = berlin.working_seconds(at("2026-03-28T12:00"), at("2026-03-29T12:00"))
    autumn = berlin.working_seconds(at("2026-10-24T12:00"), at("2026-10-25T12:00"))

    assert (spring, autumn) == (2 * HOUR, 4 * HOUR)


def test_days_begin_in_the_projects_time_zone():
    new_york = Calendar("America/New_York")

    assert Calendar().day_of(at("2026-01-05T03:00")) == date(2026, 1, 5)
    assert new_york.day_of(at("2026-01-05T03:00")) == date(2026, 1, 4)
    assert new_york.start_of(date(2026, 1, 5)) == datetime(2026, 1, 5, 5, tzinfo=UTC)
