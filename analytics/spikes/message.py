"""Message of a spike: its window, the observed and the expected reporters."""

from datetime import date

from analytics.models import Spike


def observed_and_expected(spike: Spike) -> str:
    """Describe a spike in one message, for e-mail, Slack, the API and the report."""
    first, last = spike.window
    length = spike.window_length
    people = spike.observed_reporters if spike.people is None else spike.people
    opened = f"{people:,} people opened {spike.observed_issues:,} issues"
    if length == 1:
        return f"On {_day(first)}, {opened}. Expected: {_expected(spike, 1)} people."
    return (
        f"From {_day(first)} to {_day(last)}, {opened}: {spike.observed_reporters / length:.1f} "
        f"people per day. Expected: {_expected(spike, length)} per day."
    )


def _expected(spike: Spike, days: int) -> str:
    low, high = spike.expected_low / days, spike.expected_high / days
    bounds = f"{low:.0f} to {high:.0f}" if days == 1 else f"{low:.1f} to {high:.1f}"
    return f"{spike.expected / days:.1f} ({bounds})"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
