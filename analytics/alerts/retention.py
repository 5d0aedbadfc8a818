"""Deletion of old alert messages and attempts, in batches."""

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from analytics.models import AlertDelivery, AlertMessage
from diip.common import retention
from diip.common.retention import Kept

LONGEST_DUE = timedelta(days=7)
"""Age at which an unsent message is given up: its channel stayed broken."""

State = AlertMessage.State


def _deletable(messages: QuerySet[Any]) -> QuerySet[Any]:
    """Select messages to delete: none that is due or belongs to an open alert."""
    until = timezone.now() - timedelta(days=MESSAGES.days or 0)
    is_over = Q(alert=None) | Q(alert__resolved_at__lt=until)
    return messages.exclude(state=State.DUE).filter(is_over)


TRIES = Kept(AlertDelivery, "at", "DIIP_ALERT_LOG_RETENTION_DAYS")
MESSAGES = Kept(
    AlertMessage, "created_at", "DIIP_ALERT_LOG_RETENTION_DAYS", may_go=_deletable,
    note="Messages of open alerts are kept.",
)  # fmt: skip
KEPT = (TRIES, MESSAGES)


def prune(*, seconds: float = 30.0) -> None:
    now = timezone.now()
    due = AlertMessage.objects.filter(state=State.DUE)
    due.filter(created_at__lt=now - LONGEST_DUE).update(state=State.GIVEN_UP)
    for kept in KEPT:
        retention.prune(kept, now=now, seconds=seconds / len(KEPT))
