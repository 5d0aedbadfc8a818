"""Background jobs: ids in, one service each. Running any twice, or two at once, changes nothing.

The row of a run is the truth; a message carries its id only. A message that cannot be sent, is
lost or comes twice does no harm: `resume_open_runs` sends again what nobody holds.
"""

import logging
import os
import platform
from collections.abc import Iterable

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from diip.common.errors import Conflict
from integrations.models import SyncRun
from issues import services
from issues.sync.engine import Progress, advance_run
from projects.models import Project

logger = logging.getLogger(__name__)

MESSAGE_LIFE = 600
"""Seconds after which an unread message is dropped; the sweep has sent another by then."""


@shared_task
def sync_project_issues(project_id: int) -> None:
    """Bring every integration of the project up to date."""
    project = Project.objects.filter(pk=project_id).first()
    if project is None:
        return
    try:
        started = services.sync_project(project=project, trigger=SyncRun.Trigger.SCHEDULED)
    except Conflict as conflict:
        logger.info("Project %s cannot be synced: %s", project_id, conflict.message)
        return
    send_runs(run.pk for run, _ in started)


@shared_task
def advance_sync_run(run_id: int) -> None:
    """One slice of a run; a longer one goes on in a message of its own."""
    owner = f"{platform.node()}:{os.getpid()}"
    if advance_run(run_id, owner=owner) is Progress.MORE:
        send_runs([run_id])


@shared_task
def process_issue(issue_id: int) -> None:
    services.process_issue(issue_id=issue_id)


@shared_task
def start_due_syncs() -> None:
    send_runs(services.start_due_syncs())


@shared_task
def resume_open_runs() -> None:
    send_runs(services.runs_to_send())


@shared_task
def retry_failed_api() -> None:
    services.retry_failed()


def send_runs(run_ids: Iterable[int]) -> None:
    """Send a message a run; where the broker is silent, leave it to the sweep."""
    for run_id in run_ids:
        SyncRun.objects.filter(pk=run_id).update(sent_at=timezone.now())
        try:
            advance_sync_run.apply_async((run_id,), expires=MESSAGE_LIFE)
        except OperationalError:
            SyncRun.objects.filter(pk=run_id).update(sent_at=None)
            logger.warning("The broker does not answer; the sweep sends run %s.", run_id)
            return
