"""Background jobs: ids in, one service call each; safe to repeat and run concurrently.

A run's row holds its state; a message carries only its id. Unsent, lost and duplicate messages are
harmless: `resume_open_runs` sends runs again that no worker holds.
"""

import logging
import os
import platform
from collections.abc import Collection, Iterable
from typing import Any

from celery import shared_task
from kombu.exceptions import OperationalError

from diip.common.errors import Conflict
from integrations.models import Integration, SyncRun
from issues import services, status_mapping
from issues.identity import match_suggestions, people
from issues.reprocess import quarantine_replay
from issues.run_engine import Progress, advance_run
from issues.sync import run_lease, scheduler
from projects.models import Project

logger = logging.getLogger(__name__)

RUN_MESSAGE_LIFE = run_lease.RESEND_AFTER.total_seconds()
"""Equal to the resend interval, so that messages do not pile up."""
MESSAGE_LIFE = 600
"""Seconds until an unread message expires; by then the sweep has sent another."""


@shared_task
def sync_project_issues(project_id: int) -> None:
    """Sync every integration of the project."""
    project = Project.objects.filter(pk=project_id).first()
    if project is None:
        return
    try:
        requested = services.sync_project(project=project, trigger=SyncRun.Trigger.SCHEDULED)
    except Conflict as conflict:
        logger.info("Project %s cannot be synced: %s", project_id, conflict.message)
        return
    send_runs(run.pk for run, _ in requested.started)


@shared_task
def advance_sync_run(run_id: int) -> None:
    """Advance a run by one slice, then send the runs waiting longest."""
    owner = f"{platform.node()}:{os.getpid()}"
    if advance_run(run_id, owner=owner) is not Progress.NOTHING:
        send_runs()


@shared_task
def process_issue(issue_id: int) -> None:
    services.process_issue(issue_id=issue_id)


@shared_task
def review_people(person_ids: list[int], after: int = 0) -> None:
    """Recompute first responses after changes of identity or bot flag."""
    has_time = people.review_responses(person_ids=person_ids, after=after)
    if has_time is not None:
        _send(review_people, person_ids, has_time)


@shared_task
def review_changed_people() -> None:
    """Recompute for all people changed in the last days, in case messages were lost."""
    send_review(people.people_to_review())


@shared_task
def suggest_person_matches() -> None:
    """Send one message per project, so that a large project does not delay others."""
    for project_id in Project.objects.filter(removed_at=None).values_list("pk", flat=True):
        _send(suggest_matches_of, project_id)


@shared_task
def suggest_matches_of(project_id: int) -> None:
    match_suggestions.suggest_matches(project_id)


@shared_task
def settle_statuses(integration_id: int) -> None:
    """Update issues for one slice; continue in a new message if needed."""
    if not status_mapping.settle_overrides(integration_id):
        send_settle(integration_id)


@shared_task
def settle_all_statuses() -> None:
    """Settle all statuses with recent or unfinished overrides."""
    for integration_id in status_mapping.unsettled_integrations():
        send_settle(integration_id)


@shared_task
def replay_quarantine(integration_id: int, record_ids: list[int] | None = None) -> None:
    """Retry quarantined records; safe to repeat, because each record is one transaction."""
    integration = Integration.objects.filter(pk=integration_id).first()
    if integration is not None:
        report = quarantine_replay.replay_quarantine(integration, record_ids)
        logger.info("Quarantine of integration %s: %s", integration_id, report)


def send_replay(integration_id: int, record_ids: list[int] | None = None) -> None:
    _send(replay_quarantine, integration_id, record_ids)


def send_settle(integration_id: int) -> None:
    _send(settle_statuses, integration_id)


def send_review(person_ids: Collection[int]) -> None:
    if person_ids:
        _send(review_people, sorted(person_ids))


def _send(task: Any, *arguments: object) -> None:
    """Send a task; if the broker is down, a periodic sweep does the work."""
    try:
        task.apply_async(arguments, expires=MESSAGE_LIFE)
    except OperationalError:
        logger.warning("The broker does not respond; a periodic sweep will do the work.")


@shared_task
def start_due_syncs() -> None:
    send_runs(services.start_due_syncs())


@shared_task
def resume_open_runs() -> None:
    services.park_stuck_runs()
    send_runs()


@shared_task
def retry_failed_api() -> None:
    services.retry_failed()


def send_runs(run_ids: Iterable[int] | None = None) -> None:
    """Send the open runs that are next, among `run_ids` or all.

    If the broker is down, the next sweep sends them.
    """
    chosen = scheduler.dispatch_runs(None if run_ids is None else list(run_ids))
    for number, turn in enumerate(chosen):
        try:
            advance_sync_run.apply_async((turn.run_id,), queue=turn.queue, expires=RUN_MESSAGE_LIFE)
        except OperationalError:
            scheduler.undispatch(chosen[number:])
            logger.warning("The broker does not respond; the next sweep will send the runs.")
            return
