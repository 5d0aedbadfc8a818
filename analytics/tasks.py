"""Background jobs, each with ids as input and one service call. All are idempotent."""

import logging
from collections.abc import Iterable
from typing import Any

from celery import shared_task
from kombu.exceptions import OperationalError

from analytics import services
from analytics.alerts import confirmation, delivery, retention, sync_alerts
from analytics.spikes.evaluation import evaluate_project, projects_to_evaluate
from projects.models import Project

logger = logging.getLogger(__name__)

MESSAGE_LIFE = 60
"""Seconds until an unread message expires; the next sweep sends another."""
DELIVER_SECONDS = 15.0
"""Longest time in seconds that slow channels keep a worker from syncs."""


@shared_task
def aggregate_analytics(project_id: int) -> None:
    """Update the project's rows; continue in a new message if time runs out."""
    if not services.aggregate(project_id):
        _send(aggregate_analytics, [project_id])


@shared_task
def aggregate_changes() -> None:
    """Send a message for each project with changed issues or settings."""
    _send(aggregate_analytics, services.projects_to_aggregate())


@shared_task
def judge_spikes(project_id: int) -> None:
    """Evaluate the project's last days and send a message for each changed spike."""
    project = Project.objects.filter(pk=project_id, removed_at=None).first()
    if project is not None:
        changed = evaluate_project(project)
        _send(notify_spike, [spike.pk for spike in changed])


@shared_task
def judge_changed_projects() -> None:
    """Send a message for each project with new numbers, and hourly for every project."""
    _send(judge_spikes, projects_to_evaluate())


@shared_task
def raise_alerts() -> None:
    """Update alerts from spikes and integrations, and queue their messages."""
    sync_alerts.raise_alerts()


@shared_task
def notify_spike(spike_id: int) -> None:
    """Update the alert of one spike immediately."""
    sync_alerts.raise_spike(spike_id)


@shared_task
def deliver_due_alerts() -> None:
    confirmation.send_due(seconds=DELIVER_SECONDS)
    delivery.deliver_due(seconds=DELIVER_SECONDS)


@shared_task
def prune_alerts() -> None:
    retention.prune()


def _send(task: Any, ids: Iterable[int]) -> None:
    for each in ids:
        try:
            task.apply_async((each,), expires=MESSAGE_LIFE)
        except OperationalError:
            logger.warning("The message broker does not answer. The next sweep will retry.")
            return
