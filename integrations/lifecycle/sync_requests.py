"""Sync requests: one open run per integration, none during a tracker's wait."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from diip.common.errors import Conflict
from integrations.lifecycle import health
from integrations.lifecycle.failure_policy import NEEDS_A_TOKEN
from integrations.models import Integration, SyncRun

Status = Integration.Status


def request_sync(
    *, integration: Integration, trigger: str, kind: str = SyncRun.Kind.INCREMENTAL
) -> tuple[SyncRun, bool]:
    """Return (run, is_new). An integration has at most one open run, shared by all callers.

    Raises Conflict if it is paused or needs a new token.
    """
    _refuse_stopped(integration)
    for _ in range(3):
        open_run = integration.runs.filter(state__in=SyncRun.OPEN_STATES).first()
        if open_run:
            return open_run, False
        try:
            with transaction.atomic():
                return _open_run(integration, trigger, kind), True
        except IntegrityError:  # a concurrent request was faster: use its run
            continue
    raise Conflict("Runs of this integration are starting and ending. Try again in a moment.")


def request_remap(integration: Integration) -> tuple[SyncRun, bool]:
    """Return (run, is_new). Sends no request, so pause and token do not matter."""
    kind = SyncRun.Kind.REMAP
    for _ in range(3):
        open_run = integration.runs.filter(state__in=SyncRun.OPEN_STATES).first()
        if open_run:
            return open_run, False
        try:
            with transaction.atomic():
                return integration.runs.create(trigger=SyncRun.Trigger.MANUAL, kind=kind), True
        except IntegrityError:  # a concurrent request was faster: use its run
            continue
    raise Conflict("Runs of this integration are starting and ending. Try again in a moment.")


def _open_run(integration: Integration, trigger: str, kind: str) -> SyncRun:
    """Create a run that starts after the tracker's wait, also for manual requests."""
    not_before = timezone.now()
    if integration.status == Status.THROTTLED and integration.next_sync_at:
        not_before = max(not_before, integration.next_sync_at)
    not_before = max(not_before, integration.quiet_until or not_before)
    return integration.runs.create(trigger=trigger, kind=kind, not_before=not_before)


def _refuse_stopped(integration: Integration) -> None:
    if integration.paused:
        raise Conflict(f"{integration} is paused. {health.FIXES['paused']}")
    if integration.status_reason in NEEDS_A_TOKEN:
        raise Conflict(f"{integration.status_message} {health.FIXES[integration.status_reason]}")
