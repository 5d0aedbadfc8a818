"""State changes of an integration by users: pause, resume, interval, expiry."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from diip.common.errors import Conflict, NotFound
from integrations.audit import record_on
from integrations.lifecycle import health
from integrations.lifecycle.failure_policy import NEEDS_A_TOKEN, expiry_notice
from integrations.models import Integration, SyncRun

logger = logging.getLogger(__name__)

Status = Integration.Status


def resume_integration(*, integration: Integration, actor: User) -> Integration:
    """End a pause, or retry a failed integration now.

    Except after a pause, the status stays until a run succeeds, so that no alert is resolved too
    early. Raises Conflict during a wait ordered by the tracker, and if only a new token helps.
    """
    with transaction.atomic():
        row = lock(integration)
        _refuse_unresumable(row)
        now = timezone.now()
        if row.paused:
            assign(row, health.resumed(row, now))
        else:
            row.next_sync_at = now
        row.save()
        record_on(row, actor, "integration.resumed")
    logger.info("User %s resumed integration %s.", actor.pk, row.pk)
    return row


def _refuse_unresumable(row: Integration) -> None:
    if row.status_reason in NEEDS_A_TOKEN:
        raise Conflict(f"{row.status_message} {health.FIXES[row.status_reason]}")
    waits = (row.next_sync_at if row.status == Status.THROTTLED else None, row.quiet_until)
    until = max((date for date in waits if date), default=None)
    if not row.paused and until and until > timezone.now():
        raise Conflict(
            f"The tracker asked for a pause until {until:%H:%M} UTC. Syncing continues then."
        )


def lock(integration: Integration) -> Integration:
    present = Integration.objects.of(integration.project).filter(pk=integration.pk)
    row = present.select_for_update().first()
    if row is None:
        raise NotFound("The integration was deleted.")
    return row


def set_interval(row: Integration, seconds: int) -> None:
    row.sync_interval_seconds = seconds
    if row.status == Status.HEALTHY and row.next_sync_at:
        row.next_sync_at = min(row.next_sync_at, timezone.now() + timedelta(seconds=seconds))


def note_expiry(row: Integration, expires_at: datetime) -> None:
    row.token_expires_at = expires_at
    if row.status == Status.HEALTHY and row.status_reason in ("", "token_expires_soon"):
        row.status_reason, row.status_message = expiry_notice(expires_at, timezone.now())


def pause(row: Integration) -> None:
    """Cancel open runs and stop syncing; the fencing token stops their workers.

    Checkpoints stay, so that the next run continues from them.
    """
    now = timezone.now()
    row.runs.filter(state__in=SyncRun.OPEN_STATES).update(
        state=SyncRun.State.FAILED,
        fencing_token=F("fencing_token") + 1,
        lease_until=None,
        error_kind="paused",
        error_message="The integration was paused before this run ended.",
        finished_at=now,
    )
    if row.status == Status.THROTTLED and row.next_sync_at:
        # Resuming must not shorten the wait that the tracker ordered.
        row.quiet_until = max(row.next_sync_at, row.quiet_until or row.next_sync_at)
    assign(row, health.paused(now))


def make_due(row: Integration) -> None:
    """Reset status and waits after a new token; a paused integration stays paused."""
    if row.paused:
        return
    now = timezone.now()
    assign(row, health.ready(now))
    row.runs.filter(state__in=SyncRun.UNCLAIMED_STATES).update(not_before=now)


def assign(row: Integration, columns: Mapping[str, object]) -> None:
    for name, value in columns.items():
        setattr(row, name, value)
