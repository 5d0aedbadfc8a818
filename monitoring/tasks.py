"""Background jobs of the platform's own records."""

from celery import shared_task
from django.utils import timezone

from monitoring import task_counts


@shared_task
def prune_task_records() -> None:
    task_counts.prune_task_records(timezone.now())
