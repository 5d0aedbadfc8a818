from datetime import UTC, datetime, timedelta

import pytest

from integrations.lifecycle.staleness import assess
from integrations.models import Integration, SyncRun

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def integration(**columns: object) -> Integration:
    usual = {"last_success_at": NOW - 2 * HOUR, "created_at": NOW - 9 * HOUR}
    return Integration(**(usual | columns))


def run(**columns: object) -> SyncRun:
    return SyncRun(**({"not_before": NOW - HOUR, "created_at": NOW - HOUR} | columns))


@pytest.mark.parametrize(
    ("columns", "minutes", "stale"),
    [
        ({}, 14, False),
        ({}, 16, True),
        ({"sync_interval_seconds": 3600}, 179, False),
        ({"sync_interval_seconds": 3600}, 181, True),
        ({"sync_interval_seconds": 60}, 14, False),
    ],
)
def test_three_missed_intervals_are_stale_and_never_less_than_a_quarter_hour(
    columns, minutes, stale
):
    row = integration(last_success_at=NOW - minutes * MINUTE, **columns)

    assert assess(row, [], NOW).stale is stale


def test_what_was_never_read_counts_from_its_connecting():
    young, old = (
        integration(last_success_at=None, created_at=NOW - age) for age in (5 * MINUTE, HOUR)
    )

    assert [assess(row, [], NOW).stale for row in (young, old)] == [False, True]


@pytest.mark.parametrize(
    ("columns", "runs", "reason"),
    [
        ({"status": "disabled", "status_message": "Paused."}, [], "paused"),
        ({"status": "throttled"}, [], "throttled"),
        ({"status": "degraded"}, [], "degraded"),
        ({"status": "needs_attention"}, [], "needs_attention"),
        ({}, [run()], "no_worker"),
        ({}, [run(lease_until=NOW - MINUTE)], "no_worker"),
        ({}, [run(not_before=NOW + MINUTE)], "throttled"),
        ({"next_sync_at": NOW - HOUR}, [], "no_beat"),
        ({"next_sync_at": NOW + MINUTE}, [], "failing"),
    ],
)
def test_stale_says_why(columns, runs, reason):
    found = assess(integration(**columns), runs, NOW)

    assert (found.stale, found.reason) == (True, reason)
    assert found.message
    assert found.stale_since == NOW - 105 * MINUTE


def test_long_first_sync_is_no_staleness():
    found = assess(integration(), [run(lease_until=NOW + MINUTE)], NOW)

    assert (found.stale, found.reason) == (False, "reading")
