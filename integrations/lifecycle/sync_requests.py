"""Asking for a sync: one open run an integration, and never while its tracker said wait."""

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
    """(run, whether it is new): an integration has one open run, and everybody gets that one."""
    _refuse_stopped(integration)
    for _ in range(3):
        open_run = integration.runs.filter(state__in=SyncRun.OPEN_STATES).first()
        if open_run:
            return open_run, False
        try:
            with transaction.atomic():
                return _open_run(integration, trigger, kind), True
        except IntegrityError:  # somebody else was faster: theirs is the one
            continue
    raise Conflict("Runs of this integration begin and end just now. Ask again in a moment.")


def request_renormalise(integration: Integration) -> tuple[SyncRun, bool]:
    """(run, whether it is new). Nothing is asked of the tracker: pause and token do not matter."""
    kind = SyncRun.Kind.RENORMALISE
    for _ in range(3):
        open_run = integration.runs.filter(state__in=SyncRun.OPEN_STATES).first()
        if open_run:
            return open_run, False
        try:
            with transaction.atomic():
                return integration.runs.create(trigger=SyncRun.Trigger.MANUAL, kind=kind), True
        except IntegrityError:  # somebody else was faster: theirs is the one
            continue
    raise Conflict("Runs of this integration begin and end just now. Ask again in a moment.")


def _open_run(integration: Integration, trigger: str, kind: str) -> SyncRun:
    """Even whoever asks by hand waits while the tracker says so."""
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
