"""Admin actions on tasks and sync runs; each writes to the audit trail.

Each returns a message about the result. Repeating an action is harmless.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts import audit
from accounts.models import User
from diip.common.errors import Conflict, NotFound, Unavailable
from diip.common.queues.names import QUEUES
from integrations.models import SyncRun
from issues import services
from issues.tasks import send_runs
from monitoring.models import FailedTask
from monitoring.task_control import queues, workers
from monitoring.task_stats.counting import FIRST_ID

RETRY_IN_TRANSIT = timedelta(minutes=10)
"""Time during which a second retry is rejected; then its message counts as lost."""
SYNC_SLICE = "issues.tasks.advance_sync_run"
BROKER_SILENT = "The broker does not answer. Nothing was changed. Try again later."


@dataclass(frozen=True)
class Actor:
    user: User
    address: str

    def record(self, action: str, target: str, project_id: int | None = None) -> None:
        audit.record(self.user, audit.AuditRecord(action, target, project_id, self.address))


def retry_task(actor: Actor, task_id: UUID) -> str:
    """Send the task again with its arguments to its queue.

    Raises NotFound, Conflict if it cannot be retried, Unavailable without the broker.
    """
    row = FailedTask.objects.filter(pk=task_id).first()
    if row is None:
        raise NotFound("No failed task has this id. Old failures are deleted after a while.")
    task: Any = current_app.tasks.get(row.task)
    if task is None or row.task.startswith("celery."):
        raise Conflict(f"Task {row.task} no longer exists in DIIP.")
    if not isinstance(row.arguments, list):
        raise Conflict("Its arguments were not stored, because they are not only ids.")
    try:
        with transaction.atomic():
            _mark_sent(row)
            actor.record("task.retried", f"task {row.task} {row.pk}")
            # Last, so that a broker failure rolls back the rest.
            route = {"queue": row.queue} if row.queue in QUEUES else {}
            task.apply_async(row.arguments, headers={FIRST_ID: str(row.pk)}, **route)
    except workers.BROKER_DOWN as error:
        raise Unavailable(BROKER_SILENT) from error
    return f"{row.task} was sent again."


def _mark_sent(row: FailedTask) -> None:
    free = Q(sent_again_at=None) | Q(sent_again_at__lt=F("failed_at"))
    free |= Q(sent_again_at__lt=timezone.now() - RETRY_IN_TRANSIT)
    unsent = FailedTask.objects.filter(free, pk=row.pk, recovered_at=None)
    if not unsent.update(sent_again_at=timezone.now()):
        raise Conflict("It has already been sent again or has succeeded.")


def cancel_task(actor: Actor, task_id: UUID) -> str:
    """Remove a waiting message from its queue, or stop the process of the task.

    Raises NotFound, Conflict for a part of a sync, Unavailable without broker or workers.
    """
    name = str(task_id)
    try:
        queue = queues.remove(name)
        message = f"The task was removed from the queue {queue}." if queue else _stop(name)
    except workers.BROKER_DOWN as error:
        raise Unavailable(BROKER_SILENT) from error
    actor.record("task.cancelled", f"task {name}")
    return message


def _stop(task_id: str) -> str:
    found = workers.ask_workers()
    if found is None:
        raise Unavailable("No worker answers, and no queue has this task. Nothing was changed.")
    running = found.find(task_id)
    if running is None and task_id not in found.reserved:
        raise NotFound("No queue or worker has this task: it has ended.")
    if running and running.task == SYNC_SLICE:
        raise Conflict("This task is part of a sync. Cancel the sync instead.")
    if not workers.stop_task(task_id, terminate=running is not None):
        raise Unavailable("No worker confirmed the request. The task may still run.")
    return "The task was stopped." if running else "The task was cancelled before its start."


def retry_run(actor: Actor, run_id: int) -> str:
    """Start a new run in place of a failed one, unless a run is open."""
    failed = _find_run(run_id)
    with transaction.atomic():
        run, is_new = services.sync_again(failed)
        actor.record("sync.retried", _name(failed), failed.integration.project_id)
    if not is_new:
        return f"A sync of {failed.integration} is already running or waiting."
    send_runs([run.pk])
    return f"A new sync of {failed.integration} was started."


def cancel_run(actor: Actor, run_id: int) -> str:
    run = _find_run(run_id)
    with transaction.atomic():
        services.cancel_run(run, by=str(actor.user.email))
        actor.record("sync.cancelled", _name(run), run.integration.project_id)
    return f"The sync of {run.integration} was cancelled."


def _find_run(run_id: int) -> SyncRun:
    run = SyncRun.objects.filter(pk=run_id).select_related("integration__project").first()
    if run is None:
        raise NotFound("This sync does not exist.")
    return run


def _name(run: SyncRun) -> str:
    return f"sync {run.pk} of integration {run.integration_id} {run.integration}"
