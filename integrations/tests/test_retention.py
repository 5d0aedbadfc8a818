from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.retention import AUDIT, prune_accounts
from diip.common.retention import describe, prune
from integrations.models import ApiLog, Integration, SyncRun
from integrations.retention import CALLS, NEWEST_RUNS, prune_logs

LONG_AGO = timezone.now() - timedelta(days=1000)


@pytest.fixture
def integration(connect) -> Integration:
    made = connect()
    ApiLog.objects.all().delete()
    return made


def log_calls(integration: Integration, number: int, **columns: object) -> None:
    ApiLog.objects.bulk_create(
        ApiLog(integration=integration, duration_ms=1, success=True, **columns)
        for _ in range(number)
    )


def test_old_calls_go_and_young_ones_stay(integration):
    log_calls(integration, 3, created_at=LONG_AGO)
    log_calls(integration, 2)

    before = describe(CALLS, timezone.now())
    prune_logs(seconds=10)

    after = describe(CALLS, timezone.now())
    assert (before.rows, before.overdue, before.oldest) == (5, 3, LONG_AGO)
    assert (after.rows, after.overdue) == (2, 0)


def test_zero_days_keep_for_ever(integration, settings):
    settings.DIIP_API_LOG_RETENTION_DAYS = 0
    log_calls(integration, 3, created_at=LONG_AGO)

    assert prune(CALLS, now=timezone.now(), seconds=10) == (0, True)


def test_what_is_left_when_the_time_is_over_goes_in_the_next_round(integration):
    log_calls(integration, 1500, created_at=LONG_AGO)
    now = timezone.now()

    rounds = [prune(CALLS, now=now, seconds=0) for _ in range(2)]

    assert rounds == [(1000, False), (500, True)]


def test_newest_runs_of_each_integration_stay_whatever_their_age(connect):
    busy, idle = connect("octo/a"), connect("octo/b")
    old = {"trigger": "manual", "state": "succeeded", "finished_at": LONG_AGO}
    SyncRun.objects.all().delete()
    for row, number in ((busy, NEWEST_RUNS + 5), (idle, 3)):
        SyncRun.objects.bulk_create(SyncRun(integration=row, **old) for _ in range(number))

    prune_logs(seconds=10)

    assert busy.runs.count() == NEWEST_RUNS
    assert idle.runs.count() == 3


@pytest.mark.django_db
def test_audit_trail_goes_by_age_only():
    AuditEvent.objects.create(action="old.done", at=LONG_AGO)
    AuditEvent.objects.create(action="young.done")
    with pytest.raises(TypeError):
        AuditEvent.objects.all().delete()

    prune_accounts(seconds=10)

    assert AuditEvent.objects.get().action == "young.done"
    assert describe(AUDIT, timezone.now()).days == 400
