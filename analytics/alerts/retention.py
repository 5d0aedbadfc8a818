"""Forgetting what nobody looks at any more, a batch a transaction."""

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from analytics.models import AlertDelivery, AlertMessage
from diip.common import retention
from diip.common.retention import Kept

LONGEST_DUE = timedelta(days=7)
"""A message older than that is not worth sending: the channel was not mended in time."""

State = AlertMessage.State


def _over(messages: QuerySet[Any]) -> QuerySet[Any]:
    """Alerts stay; of their messages what an open one's thread needs, whatever its age."""
    until = timezone.now() - timedelta(days=MESSAGES.days or 0)
    is_over = Q(alert=None) | Q(alert__resolved_at__lt=until)
    return messages.exclude(state=State.DUE).filter(is_over)


TRIES = Kept(AlertDelivery, "at", "DIIP_ALERT_LOG_RETENTION_DAYS")
MESSAGES = Kept(
    AlertMessage, "created_at", "DIIP_ALERT_LOG_RETENTION_DAYS", may_go=_over,
    note="Those of open alerts stay.",
)  # fmt: skip
KEPT = (TRIES, MESSAGES)


def prune(*, seconds: float = 30.0) -> None:
    now = timezone.now()
    due = AlertMessage.objects.filter(state=State.DUE)
    due.filter(created_at__lt=now - LONGEST_DUE).update(state=State.GIVEN_UP)
    for kept in KEPT:
        retention.prune(kept, now=now, seconds=seconds / len(KEPT))
