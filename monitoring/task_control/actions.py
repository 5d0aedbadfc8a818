"""What an admin may do about a task or a run; each leaves a line in the audit trail.

They answer with a sentence that says what was done. Everything here may be done twice.
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

ON_ITS_WAY = timedelta(minutes=10)
"""So long a task that was sent again is not sent once more; then its message counts as lost."""
SYNC_SLICE = "issues.tasks.advance_sync_run"
SILENT = "The broker does not answer; nothing was changed. Try again when it does."


@dataclass(frozen=True)
class Actor:
    user: User
    address: str

    def did(self, action: str, target: str, project_id: int | None = None) -> None:
        audit.record(self.user, audit.AuditRecord(action, target, project_id, self.address))


def retry_task(actor: Actor, task_id: UUID) -> str:
    """Send it again, as it was, to its queue."""
    row = FailedTask.objects.filter(pk=task_id).first()
    if row is None:
        raise NotFound("No failed task has this id; the oldest are forgotten after a while.")
    task: Any = current_app.tasks.get(row.task)
    if task is None or row.task.startswith("celery."):
        raise Conflict(f"DIIP knows no task {row.task} any more.")
    if not isinstance(row.arguments, list):
        raise Conflict("Its arguments were not stored: they were more than ids.")
    try:
        with transaction.atomic():
            _mark_sent(row)
            actor.did("task.retried", f"task {row.task} {row.pk}")
            # Last, so that a broker that does not take it undoes the rest.
            route = {"queue": row.queue} if row.queue in QUEUES else {}
            task.apply_async(row.arguments, headers={FIRST_ID: str(row.pk)}, **route)
    except workers.BROKER_DOWN as error:
        raise Unavailable(SILENT) from error
    return f"{row.task} was sent again."


def _mark_sent(row: FailedTask) -> None:
    free = Q(sent_again_at=None) | Q(sent_again_at__lt=F("failed_at"))
    free |= Q(sent_again_at__lt=timezone.now() - ON_ITS_WAY)
    unsent = FailedTask.objects.filter(free, pk=row.pk, recovered_at=None)
    if not unsent.update(sent_again_at=timezone.now()):
        raise Conflict("It has been sent again already, or has succeeded since.")


def cancel_task(actor: Actor, task_id: UUID) -> str:
    """Take a waiting message out of its queue; end the process that runs the task."""
    name = str(task_id)
    try:
        queue = queues.take_out(name)
        done = f"It was taken out of the queue {queue}." if queue else _stop(name)
    except workers.BROKER_DOWN as error:
        raise Unavailable(SILENT) from error
    actor.did("task.cancelled", f"task {name}")
    return done


def _stop(task_id: str) -> str:
    asked = workers.ask_workers()
    if asked is None:
        raise Unavailable("No worker answers, and no queue holds this task: nothing was changed.")
    running = asked.find(task_id)
    if running is None and task_id not in asked.reserved:
        raise NotFound("No queue and no worker has this task: it has ended.")
    if running and running.task == SYNC_SLICE:
        raise Conflict("This is a part of a sync: cancel the sync, it then ends by itself.")
    if not workers.stop_task(task_id, terminate=running is not None):
        raise Unavailable("No worker took note; the task may still run.")
    return "It was ended." if running else "The worker that has fetched it will not begin it."


def retry_run(actor: Actor, run_id: int) -> str:
    """A new run that does what this one was to do."""
    failed = _find_run(run_id)
    with transaction.atomic():
        run, is_new = services.sync_again(failed)
        actor.did("sync.retried", _name(failed), failed.integration.project_id)
    if not is_new:
        return f"Another sync of {failed.integration} is under way already."
    send_runs([run.pk])
    return f"A new sync of {failed.integration} has begun."


def cancel_run(actor: Actor, run_id: int) -> str:
    run = _find_run(run_id)
    with transaction.atomic():
        services.cancel_run(run, by=str(actor.user.email))
        actor.did("sync.cancelled", _name(run), run.integration.project_id)
    return f"The sync of {run.integration} was cancelled."


def _find_run(run_id: int) -> SyncRun:
    run = SyncRun.objects.filter(pk=run_id).select_related("integration__project").first()
    if run is None:
        raise NotFound("There is no such sync.")
    return run


def _name(run: SyncRun) -> str:
    return f"sync {run.pk} of integration {run.integration_id} {run.integration}"
