"""Pausing, resuming and making due: what a person's hand changes of an integration's state."""

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
    """End a pause, or try at once what failed or waits for a person who has mended the cause.

    What needed a person is well when a run says so: until then it stays as it is, so that nobody
    is told of an end that was none. Refused while the tracker said wait, and where only a new
    token helps.
    """
    with transaction.atomic():
        row = lock(integration)
        _refuse_what_clicking_cannot_mend(row)
        now = timezone.now()
        if row.paused:
            assign(row, health.resumed(row, now))
        else:
            row.next_sync_at = now
        row.save()
        record_on(row, actor, "integration.resumed")
    logger.info("User %s resumed integration %s.", actor.pk, row.pk)
    return row


def _refuse_what_clicking_cannot_mend(row: Integration) -> None:
    if row.status_reason in NEEDS_A_TOKEN:
        raise Conflict(f"{row.status_message} {health.FIXES[row.status_reason]}")
    waits = (row.next_sync_at if row.status == Status.THROTTLED else None, row.quiet_until)
    until = max((date for date in waits if date), default=None)
    if not row.paused and until and until > timezone.now():
        raise Conflict(
            f"The tracker asked for a pause until {until:%H:%M} UTC: it goes on by itself then."
        )


def lock(integration: Integration) -> Integration:
    present = Integration.objects.of(integration.project).filter(pk=integration.pk)
    row = present.select_for_update().first()
    if row is None:
        raise NotFound("The integration is gone.")
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
    """Open runs are called off; whoever works on one finds its token outdated and stops.

    Their checkpoints stay, so that resuming goes on where they were.
    """
    now = timezone.now()
    row.runs.filter(state__in=SyncRun.OPEN_STATES).update(
        state=SyncRun.State.FAILED,
        fencing_token=F("fencing_token") + 1,
        lease_until=None,
        error_kind="paused",
        error_message="The integration was paused before this run came to its end.",
        finished_at=now,
    )
    if row.status == Status.THROTTLED and row.next_sync_at:
        # Resuming must not end the wait that the tracker ordered.
        row.quiet_until = max(row.next_sync_at, row.quiet_until or row.next_sync_at)
    assign(row, health.paused(now))


def make_due(row: Integration) -> None:
    """After a new token: as new, and what was told to wait need not."""
    if row.paused:
        return
    now = timezone.now()
    assign(row, health.ready(now))
    row.runs.filter(state__in=SyncRun.UNCLAIMED_STATES).update(not_before=now)


def assign(row: Integration, columns: Mapping[str, object]) -> None:
    for name, value in columns.items():
        setattr(row, name, value)
