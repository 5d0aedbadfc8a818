"""Background jobs: ids in, one service each. Running any twice, or two at once, changes nothing."""

import logging
from collections.abc import Iterable
from typing import Any

from celery import shared_task
from kombu.exceptions import OperationalError

from analytics import services
from analytics.alerts import confirmation, delivery, retention, sync_alerts
from analytics.spikes.evaluation import evaluate_project, projects_to_judge
from projects.models import Project

logger = logging.getLogger(__name__)

MESSAGE_LIFE = 60
"""Seconds after which an unread message is dropped; the sweep has sent another by then."""
DELIVER_SECONDS = 15.0
"""A worker is not kept longer from its syncs by channels that are slow."""


@shared_task
def aggregate_analytics(project_id: int) -> None:
    """Bring the project's rows up to date; what takes longer goes on in a message of its own."""
    if not services.aggregate(project_id):
        _send(aggregate_analytics, [project_id])


@shared_task
def aggregate_changes() -> None:
    """A message for each project whose issues, or foundations, changed."""
    _send(aggregate_analytics, services.projects_to_aggregate())


@shared_task
def judge_spikes(project_id: int) -> None:
    """Look at the project's last days, and tell what is unusual about them."""
    project = Project.objects.filter(pk=project_id, removed_at=None).first()
    if project is not None:
        changed = evaluate_project(project)
        _send(notify_spike, [spike.pk for spike in changed])


@shared_task
def judge_changed_projects() -> None:
    """A message for each project whose numbers moved, and once an hour for every one."""
    _send(judge_spikes, projects_to_judge())


@shared_task
def raise_alerts() -> None:
    """Look at spikes and integrations, and write what is to be told."""
    sync_alerts.raise_alerts()


@shared_task
def notify_spike(spike_id: int) -> None:
    """The same for one spike, without waiting for the next look."""
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
            logger.warning("The broker does not answer; the next sweep asks again.")
            return
