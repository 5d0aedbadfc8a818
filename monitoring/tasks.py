"""Background jobs for DIIP's own processes and their records."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from monitoring import heartbeats, task_stats


@shared_task(bind=True)
def note_round_trip(self: Any, queue: str) -> None:
    """Record that a message passed the queue; sent into each queue every minute."""
    heartbeats.note_round_trip(queue, heartbeats.waited(self.request.get(heartbeats.SENT_AT)))


@shared_task
def note_lost_task(loss: dict[str, Any]) -> None:
    """Store the loss of a task, reported by a worker's main process."""
    task_stats.note_loss(loss)


@shared_task
def prune_task_records() -> None:
    task_stats.prune_task_records(timezone.now())
