"""Services for syncs and stored issues."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from diip.common.errors import Conflict
from integrations.lifecycle import health
from integrations.lifecycle.sync_requests import request_remap, request_sync
from integrations.models import Integration, SyncRun
from integrations.providers.contract.base import ProviderUnavailable
from issues.derived_fields import enrich_issues
from issues.models import Issue
from issues.sync import run_lease
from projects.models import Project

logger = logging.getLogger(__name__)

SWEEP_SIZE = 200
RETRIED = (
    Integration.Status.HEALTHY,
    Integration.Status.DEGRADED,
    Integration.Status.THROTTLED,
)
"""Statuses that sync automatically; all others need user action."""
CANCELLED = "cancelled"
"""`error_kind` of a run cancelled by a user; not a failure."""
STUCK = (
    "The sync stopped three times without storing a page. DIIP will retry it later. If this "
    "happens again, read the worker log for the cause."
)


@dataclass(frozen=True)
class SkippedIntegration:
    """Integration that cannot be synced now."""

    integration: int
    provider: str
    scope: str
    reason: str
    """Status reason of the integration: paused, auth, key_unknown …"""
    message: str
    """Cause and remedy."""


@dataclass(frozen=True)
class ProjectSync:
    started: Sequence[tuple[SyncRun, bool]]
    """Runs; True if newly created."""
    left_out: Sequence[SkippedIntegration]


def sync_project(
    *, project: Project, trigger: SyncRun.Trigger, kind: str = SyncRun.Kind.INCREMENTAL
) -> ProjectSync:
    """Request a run per integration; raises Conflict if none can be synced."""
    started, left_out = [], []
    for integration in Integration.objects.of(project).order_by("pk"):
        try:
            started.append(request_sync(integration=integration, trigger=trigger, kind=kind))
        except Conflict as conflict:
            left_out.append(_skipped(integration, conflict))
    if started:
        return ProjectSync(started, left_out)
    if left_out:
        said = " ".join(each.message for each in left_out)
        raise Conflict(said, extra={"left_out": [asdict(each) for each in left_out]})
    raise Conflict("Nothing to sync: connect a tracker to this project first.")


def _skipped(integration: Integration, conflict: Conflict) -> SkippedIntegration:
    return SkippedIntegration(
        integration=integration.pk,
        provider=integration.provider,
        scope=integration.scope,
        reason=integration.status_reason,
        message=conflict.message,
    )


def start_due_syncs() -> list[int]:
    """Claim due integrations and open their runs; return the run ids to send."""
    due = Integration.objects.filter(next_sync_at__lte=run_lease.now()).order_by("next_sync_at")
    # An open run has its own date: a throttled run resumes then, not an interval later.
    due = due.exclude(runs__state__in=SyncRun.OPEN_STATES)
    return [run_id for pk in list(due.values_list("pk", flat=True)[:SWEEP_SIZE])
            if (run_id := _start_if_due(pk)) is not None]  # fmt: skip


def _start_if_due(integration_id: int) -> int | None:
    integration = Integration.objects.get(pk=integration_id)
    # Of two concurrent sweeps, one moves the date. This also ends a throttling wait with that date:
    # waiting runs must not mistake the new date for theirs.
    moved = {"next_sync_at": timezone.now() + integration.sync_interval}
    claimed = Integration.objects.filter(
        pk=integration_id, status=integration.status, next_sync_at__lte=run_lease.now()
    ).update(**health.unthrottled(integration) | moved)
    if not claimed:
        return None
    kind = _due_kind(integration.next_census_at)
    try:
        run, created = request_sync(
            integration=integration, trigger=SyncRun.Trigger.SCHEDULED, kind=kind
        )
    except Conflict:
        return None  # paused or waiting for a token since the query
    return run.pk if created else None


def _due_kind(next_census_at: datetime | None) -> SyncRun.Kind:
    is_due = next_census_at is not None and next_census_at <= timezone.now()
    return SyncRun.Kind.CENSUS if is_due else SyncRun.Kind.INCREMENTAL


def park_stuck_runs() -> None:
    """Park runs that used all attempts without progress."""
    for run in run_lease.exhausted()[:SWEEP_SIZE]:
        _park(run)


def cancel_run(run: SyncRun, *, by: str) -> None:
    """Cancel an open run for a user; `by` names them in the receipt.

    Stored data, checkpoint and hints remain, so the next sync resumes there. A worker inside a page
    loses the run and stores nothing. The next automatic sync starts after a full interval at the
    earliest, or it would undo the cancellation.
    """
    with transaction.atomic():
        # Lock before the run: a worker that stores a page uses the same order.
        integration = Integration.objects.select_for_update().get(pk=run.integration_id)
        if not _end_run(run, by):
            raise Conflict("This run has ended already; there is nothing to cancel.")
        _delay_next_sync(integration.pk, timezone.now() + integration.sync_interval)
    run.refresh_from_db()
    logger.info("Run %s of integration %s was cancelled.", run.pk, run.integration_id)


def _delay_next_sync(integration_id: int, soonest: datetime) -> None:
    """Delay the next sync, also without a date: `retry_failed` would make it due.

    Integrations that need user action are left unchanged.
    """
    early = Q(next_sync_at__lt=soonest) | Q(next_sync_at=None, status__in=RETRIED)
    Integration.objects.filter(early, pk=integration_id).update(next_sync_at=soonest)


def _end_run(run: SyncRun, by: str) -> int:
    return SyncRun.objects.filter(pk=run.pk, state__in=SyncRun.OPEN_STATES).update(
        state=SyncRun.State.FAILED,
        finished_at=run_lease.now(),
        lease_until=None,
        lease_owner="",
        feed="",
        fencing_token=F("fencing_token") + 1,
        error_kind=CANCELLED,
        error_message=f"Cancelled by {by}. The next sync continues where this one stopped.",
    )


def sync_again(run: SyncRun) -> tuple[SyncRun, bool]:
    """Repeat an ended run; return (run, whether it is new)."""
    if run.state in SyncRun.OPEN_STATES:
        raise Conflict("This run is still open; there is nothing to retry.")
    if run.integration.removed_at:
        raise Conflict("This integration was removed.")
    if run.kind == SyncRun.Kind.REMAP:
        return request_remap(run.integration)
    is_census = run.kind == SyncRun.Kind.CENSUS
    # Every sync refetches queued issues, so a targeted run is not needed.
    kind = SyncRun.Kind.CENSUS if is_census else SyncRun.Kind.INCREMENTAL
    return request_sync(integration=run.integration, trigger=SyncRun.Trigger.MANUAL, kind=kind)


def _park(run: SyncRun) -> None:
    parked = SyncRun.objects.filter(pk=run.pk, fencing_token=run.fencing_token).update(
        state=SyncRun.State.PARKED,
        finished_at=run_lease.now(),
        lease_until=None,
        fencing_token=F("fencing_token") + 1,
        error_kind="stuck",
        error_message=STUCK,
    )
    if parked:
        logger.error("Run %s of integration %s is parked.", run.pk, run.integration_id)
        health.record_failure(run.integration, ProviderUnavailable(STUCK))


def retry_failed() -> int:
    """Make retryable integrations without a next sync date due; return their number."""
    return _without_sync_date().update(next_sync_at=run_lease.now())


def _without_sync_date() -> QuerySet[Integration]:
    return Integration.objects.filter(status__in=RETRIED, next_sync_at=None).exclude(
        runs__state__in=SyncRun.OPEN_STATES
    )


def process_issue(*, issue_id: int) -> bool:
    """Recompute an issue's derived fields; return False if it does not exist."""
    if not Issue.objects.filter(pk=issue_id).exists():
        return False
    enrich_issues([issue_id])
    return True
