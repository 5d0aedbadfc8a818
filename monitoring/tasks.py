"""Background jobs about DIIP's own processes, and the records it keeps of them."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from monitoring import heartbeats, task_stats


@shared_task(bind=True)
def note_round_trip(self: Any, queue: str) -> None:
    """Sent into each queue every minute: that it arrives shows that the queue is worked."""
    heartbeats.note_round_trip(queue, heartbeats.waited(self.request.get(heartbeats.SENT_AT)))


@shared_task
def note_lost_task(loss: dict[str, Any]) -> None:
    """Sent by a worker's main process, which must not write: a child of it was killed."""
    task_stats.note_loss(loss)


@shared_task
def prune_task_records() -> None:
    task_stats.prune_task_records(timezone.now())
