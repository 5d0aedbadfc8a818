"""User actions on an alert: mute, unmute, snooze, wake."""

import logging
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from analytics.alerts import outbox
from analytics.alerts.sync_alerts import lock_project
from analytics.models import Alert
from diip.common.errors import InvalidInput, NotFound

logger = logging.getLogger(__name__)


def mute(*, alert: Alert, actor: User) -> Alert:
    """Stop all messages about the alert, including its resolution."""
    return _update(alert, actor, "alert.muted", muted_at=timezone.now())


def unmute(*, alert: Alert, actor: User) -> Alert:
    """Send messages about later changes again."""
    return _update(alert, actor, "alert.unmuted", muted_at=None)


def snooze(*, alert: Alert, actor: User, until: datetime) -> Alert:
    """Hold messages until then, then send one with the current state.

    Raises InvalidInput for a past time.
    """
    if until <= timezone.now():
        raise InvalidInput("Enter a time in the future.", field="until")
    return _update(alert, actor, "alert.snoozed", snoozed_until=until)


def wake(*, alert: Alert, actor: User) -> Alert:
    """End the snooze now; the next check sends the current state."""
    if alert.snoozed_until is None:
        return alert
    return _update(alert, actor, "alert.snooze_ended", snoozed_until=timezone.now())


def _update(alert: Alert, actor: User, action: str, **columns: datetime | None) -> Alert:
    with transaction.atomic():
        lock_project(alert.project_id)
        row = Alert.objects.filter(pk=alert.pk).first()
        if row is None:
            raise NotFound("The alert was deleted.")
        before = {name: getattr(row, name) for name in columns}
        for name, value in columns.items():
            setattr(row, name, value)
        row.decided_by = actor
        row.save(update_fields=[*columns, "decided_by", "updated_at"])
        if row.is_quiet:
            outbox.drop(row)
        details = {"before": before, "after": columns}
        target = f"alert {row.pk} {row.subject_key}"
        audit.record(actor, audit.AuditRecord(action, target, row.project_id, details=details))
    logger.info("User %s changed alert %s: %s.", actor.pk, alert.pk, ", ".join(columns))
    return row
