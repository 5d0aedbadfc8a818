"""Tasks and sweeps: sent messages, and safe repetition."""

from datetime import timedelta

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from integrations.models import Integration, SyncRun
from issues import services, tasks


@pytest.fixture
def sent(monkeypatch) -> list[int]:
    """Ids of the runs for which messages were sent."""
    ids: list[int] = []
    monkeypatch.setattr(
        tasks.advance_sync_run, "apply_async", lambda args, **options: ids.append(args[0])
    )
    return ids


def past(minutes: int = 5):
    return timezone.now() - timedelta(minutes=minutes)


def test_due_integration_gets_one_run_from_two_sweeps(integration, sent):
    Integration.objects.update(next_sync_at=past())

    tasks.start_due_syncs()
    tasks.start_due_syncs()

    assert sent == [SyncRun.objects.get().pk]


@pytest.mark.parametrize("changes", [{"next_sync_at": None}, {"status": "disabled"}])
def test_paused_or_waiting_integration_is_left_alone(integration, sent, changes):
    Integration.objects.update(**({"next_sync_at": past()} | changes))

    tasks.start_due_syncs()

    assert sent == []


def test_sweep_keeps_the_date_of_a_waiting_run(integration, sent):
    SyncRun.objects.create(
        integration=integration, trigger="manual", state="waiting", not_before=past(-60)
    )
    Integration.objects.update(status="throttled", next_sync_at=past())
    before = Integration.objects.get().next_sync_at

    tasks.start_due_syncs()

    assert Integration.objects.get().next_sync_at == before
    assert sent == []


def test_due_census_is_a_census(integration, sent):
    Integration.objects.update(next_sync_at=past(), next_census_at=past())

    tasks.start_due_syncs()

    assert SyncRun.objects.get().kind == "census"


def test_lost_message_is_resent_after_a_delay(integration, sent):
    run = SyncRun.objects.create(integration=integration, trigger="initial")

    tasks.resume_open_runs()
    tasks.resume_open_runs()
    SyncRun.objects.update(sent_at=past())
    tasks.resume_open_runs()

    assert sent == [run.pk, run.pk]


@pytest.mark.parametrize(
    ("changes", "is_sent"),
    [
        ({"state": "running", "lease_until": past()}, True),
        ({"state": "running", "lease_until": past(-24 * 60)}, False),
        ({"state": "waiting", "not_before": past()}, True),
        ({"state": "waiting", "not_before": past(-24 * 60)}, False),
        ({"state": "succeeded"}, False),
    ],
)
def test_open_run_without_a_lease_is_sent(integration, sent, changes, is_sent):
    SyncRun.objects.create(integration=integration, trigger="manual", **changes)

    tasks.resume_open_runs()

    assert bool(sent) is is_sent


def test_stuck_run_is_parked_and_the_next_one_can_begin(integration, sent):
    run = SyncRun.objects.create(integration=integration, trigger="manual", attempts=3)

    tasks.resume_open_runs()

    run.refresh_from_db()
    integration.refresh_from_db()
    assert (run.state, sent) == ("parked", [])
    assert "worker" in run.error_message
    assert integration.failure_count == 1
    assert services.request_sync(integration=integration, trigger="manual")[1]


def test_run_is_left_to_the_sweep_if_the_broker_is_down(integration, monkeypatch):
    run = SyncRun.objects.create(integration=integration, trigger="manual")

    def silent(*args, **options):
        raise OperationalError

    monkeypatch.setattr(tasks.advance_sync_run, "apply_async", silent)
    tasks.send_runs([run.pk])

    run.refresh_from_db()
    assert (run.state, run.sent_at) == ("queued", None)


def test_long_run_continues_in_a_new_message(integration, sent, monkeypatch):
    run = SyncRun.objects.create(integration=integration, trigger="manual")
    monkeypatch.setattr(tasks, "advance_run", lambda *args, **kwargs: tasks.Progress.MORE)

    tasks.advance_sync_run(run.pk)

    assert sent == [run.pk]


def test_sync_project_issues_of_a_deleted_project_does_nothing(db, sent):
    tasks.sync_project_issues(404)

    assert sent == []


def test_retry_failed_api_makes_undated_integrations_due(integration):
    Integration.objects.update(status="degraded", next_sync_at=None)

    tasks.retry_failed_api()

    integration.refresh_from_db()
    assert integration.next_sync_at is not None


def test_retry_failed_api_skips_integrations_that_need_user_action(integration):
    Integration.objects.update(status="needs_attention", next_sync_at=None)

    tasks.retry_failed_api()

    integration.refresh_from_db()
    assert integration.next_sync_at is None
