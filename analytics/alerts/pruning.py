"""Forgetting what nobody looks at any more, a batch a transaction."""

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from analytics.models import AlertDelivery, AlertMessage

LOG_KEPT = timedelta(days=30)
LONGEST_DUE = timedelta(days=7)
"""A message older than that is not worth sending: the channel was not mended in time."""
BATCH = 1000

State = AlertMessage.State


def prune() -> None:
    """Alerts stay; of their messages what an open one's thread needs, whatever its age."""
    now = timezone.now()
    due = AlertMessage.objects.filter(state=State.DUE)
    due.filter(created_at__lt=now - LONGEST_DUE).update(state=State.GIVEN_UP)
    _delete(AlertDelivery.objects.filter(at__lt=now - LOG_KEPT))
    is_over = Q(alert=None) | Q(alert__resolved_at__lt=now - LOG_KEPT)
    told = AlertMessage.objects.exclude(state=State.DUE)
    _delete(told.filter(is_over, created_at__lt=now - LOG_KEPT))


def _delete(rows: QuerySet[AlertDelivery] | QuerySet[AlertMessage]) -> None:
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        rows.model._default_manager.filter(pk__in=ids).delete()
