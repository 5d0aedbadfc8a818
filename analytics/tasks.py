"""Background jobs: ids in, one service each. Running any twice, or two at once, changes nothing."""

import logging
from collections.abc import Iterable

from celery import shared_task
from kombu.exceptions import OperationalError

from analytics import services

logger = logging.getLogger(__name__)

MESSAGE_LIFE = 60
"""Seconds after which an unread message is dropped; the sweep has sent another by then."""


@shared_task
def aggregate_analytics(project_id: int) -> None:
    """Bring the project's rows up to date; what takes longer goes on in a message of its own."""
    if not services.aggregate(project_id):
        _send([project_id])


@shared_task
def aggregate_changes() -> None:
    """A message for each project whose issues, or foundations, changed."""
    _send(services.projects_to_aggregate())


def _send(project_ids: Iterable[int]) -> None:
    for project_id in project_ids:
        try:
            aggregate_analytics.apply_async((project_id,), expires=MESSAGE_LIFE)
        except OperationalError:
            logger.warning("The broker does not answer; the next sweep asks again.")
            return
