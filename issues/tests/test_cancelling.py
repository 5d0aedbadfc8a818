"""Cancelled runs: no loss, no later writes, and the next sync works."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from diip.common.errors import Conflict
from integrations.lifecycle.sync_requests import request_sync
from integrations.models import FeedCursor, Integration, SyncRun
from issues import run_engine, services
from issues.models import Issue
from issues.sync import run_lease

ADMIN = "ann@example.com"


def titles() -> dict[str, str]:
    return dict(Issue.objects.present().values_list("source_issue_id", "title"))


def begin(integration: Integration, kind: str = "incremental") -> SyncRun:
    return request_sync(integration=integration, trigger="manual", kind=kind)[0]


@pytest.fixture
def cancelled(integration, tracker, monkeypatch) -> SyncRun:
    """Run cancelled after two pages, while a worker holds the third."""
    for _ in range(55):
        tracker.create()
    run = begin(integration)
    looks = iter(range(1_000))

    def cancel_at_third_look() -> float:
        """Cancel at the third check; the worker checks before the first page and after each."""
        if next(looks) == 2:
            services.cancel_run(SyncRun.objects.get(pk=run.pk), by=ADMIN)
        return 0.0

    with monkeypatch.context() as patched:
        patched.setattr(run_engine, "time", SimpleNamespace(monotonic=cancel_at_third_look))
        assert run_engine.advance_run(run.pk, owner="worker") is run_engine.Progress.LOST
    run.refresh_from_db()
    return run


def test_receipt_names_the_user_and_keeps_counts(cancelled):
    assert (cancelled.state, cancelled.error_kind) == ("failed", "cancelled")
    assert f"Cancelled by {ADMIN}" in cancelled.error_message
    assert (cancelled.lease_until, cancelled.lease_owner) == (None, "")
    assert cancelled.finished_at
    assert 0 < cancelled.issues_created == Issue.objects.count() < 55


def test_next_sync_resumes_without_loss(cancelled, tracker, sync):
    assert FeedCursor.objects.get(feed="issues").page_token
    tracker.requests.clear()

    run = sync()

    assert run.state == "succeeded"
    assert titles() == {key: record.title for key, record in tracker.issues.items()}
    assert run.issues_created == 55 - cancelled.issues_created


def test_cancelled_sync_is_not_restarted_immediately(cancelled, integration):
    integration.refresh_from_db()

    assert services.start_due_syncs() == []
    assert not SyncRun.objects.filter(state__in=SyncRun.OPEN_STATES).exists()
    assert integration.status == "healthy"
    assert integration.failure_count == 0
    assert integration.next_sync_at > timezone.now() + integration.sync_interval / 2


def test_integration_that_needs_user_action_keeps_waiting(integration):
    run = begin(integration)
    Integration.objects.update(status="needs_attention", next_sync_at=None)

    services.cancel_run(run, by=ADMIN)

    integration.refresh_from_db()
    assert integration.next_sync_at is None


def test_late_worker_cannot_claim_the_cancelled_run(integration, tracker):
    run = begin(integration)

    services.cancel_run(run, by=ADMIN)

    assert run_engine.advance_run(run.pk, owner="late") is run_engine.Progress.NOTHING
    assert not tracker.requests


def test_ended_run_cannot_be_cancelled(sync, tracker):
    run = sync()

    with pytest.raises(Conflict):
        services.cancel_run(run, by=ADMIN)

    run.refresh_from_db()
    assert run.state == "succeeded"


def test_waiting_run_can_be_cancelled(integration):
    run = run_lease.claim(begin(integration).pk, "worker")
    run_lease.wait(run, timezone.now() + timedelta(hours=1))

    services.cancel_run(run, by=ADMIN)

    assert run.state == "failed"
    assert begin(integration).pk != run.pk


@pytest.mark.parametrize(
    ("kind", "again"),
    [
        ("incremental", "incremental"),
        ("census", "census"),
        ("targeted", "incremental"),
        ("remap", "remap"),
    ],
)
def test_failed_run_is_retried(integration, kind, again):
    failed = integration.runs.create(trigger="scheduled", kind=kind, state="failed")

    run, is_new = services.sync_again(failed)

    assert is_new
    assert (run.kind, run.trigger, run.state) == (again, "manual", "queued")
    with pytest.raises(Conflict):
        services.sync_again(run)
