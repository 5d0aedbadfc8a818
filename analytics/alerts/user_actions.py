"""What people decide of an alert: never again, not now, or again."""

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
    """Nothing is told of it any more, not even its end."""
    return _decide(alert, actor, "alert.muted", muted_at=timezone.now())


def unmute(*, alert: Alert, actor: User) -> Alert:
    """What happens from now on is told."""
    return _decide(alert, actor, "alert.unmuted", muted_at=None)


def snooze(*, alert: Alert, actor: User, until: datetime) -> Alert:
    """Nothing is told before; then it is told once how it stands."""
    if until <= timezone.now():
        raise InvalidInput("Give a moment that is still to come.", field="until")
    return _decide(alert, actor, "alert.snoozed", snoozed_until=until)


def wake(*, alert: Alert, actor: User) -> Alert:
    """The snooze ends now: the next look tells how it stands."""
    if alert.snoozed_until is None:
        return alert
    return _decide(alert, actor, "alert.snooze_ended", snoozed_until=timezone.now())


def _decide(alert: Alert, actor: User, deed: str, **columns: datetime | None) -> Alert:
    with transaction.atomic():
        lock_project(alert.project_id)
        row = Alert.objects.filter(pk=alert.pk).first()
        if row is None:
            raise NotFound("The alert is gone.")
        before = {name: getattr(row, name) for name in columns}
        for name, value in columns.items():
            setattr(row, name, value)
        row.decided_by = actor
        row.save(update_fields=[*columns, "decided_by", "updated_at"])
        if row.is_quiet:
            outbox.drop(row)
        details = {"before": before, "after": columns}
        target = f"alert {row.pk} {row.subject_key}"
        audit.record(actor, audit.AuditRecord(deed, target, row.project_id, details=details))
    logger.info("User %s decided on alert %s: %s.", actor.pk, alert.pk, ", ".join(columns))
    return row
