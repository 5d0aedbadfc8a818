"""Failed tasks and sync runs, with cause and fix."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from integrations.lifecycle import health
from integrations.models import SyncRun
from issues.services import CANCELLED
from monitoring.models import FailedTask

NEWEST = 25
RUNS_SINCE = timedelta(days=7)
_KILLED = (
    "Its process was killed, by lack of memory or by a user. The task is run again automatically."
)
_TOO_LONG = "It exceeded the time limit of a task and was stopped."
_STATEMENT = (
    "A database statement exceeded DIIP_WORKER_STATEMENT_SECONDS and was stopped. The work is "
    "retried automatically, as after any failure."
)
_DATABASE = "The database did not answer, or a lock timed out."
EXPLANATIONS = {
    "WorkerLostError": _KILLED,
    "TimeLimitExceeded": _TOO_LONG,
    "SoftTimeLimitExceeded": _TOO_LONG,
    "OperationalError": _DATABASE,
    "TookTooLong": _STATEMENT,
    "InterfaceError": _DATABASE,
}
RUN_FIXES = {
    "stuck": "Check the worker's log, then retry.",
    CANCELLED: "A user cancelled it. Retry, or wait for the next scheduled sync.",
}


@dataclass(frozen=True)
class FailedTaskLine:
    id: str
    task: str
    queue: str
    arguments: object
    error: str
    message: str
    explanation: str
    failures: int
    failed_at: datetime
    state: str
    """State: `failed`, `sent again` or `recovered`."""
    worker: str

    @property
    def can_be_retried(self) -> bool:
        return self.state != "recovered" and isinstance(self.arguments, list)


@dataclass(frozen=True)
class FailedRunLine:
    id: int
    project_id: int
    project: str
    integration: str
    kind: str
    state: str
    error: str
    message: str
    fix: str
    finished_at: datetime | None


def failed_tasks() -> list[FailedTaskLine]:
    """Return unrecovered tasks first, newest first."""
    newest = FailedTask.objects.order_by(F("recovered_at").desc(nulls_first=True), "-failed_at")
    return [_task_line(row) for row in newest[:NEWEST]]


def _task_line(row: FailedTask) -> FailedTaskLine:
    return FailedTaskLine(
        id=str(row.pk),
        task=row.task,
        queue=row.queue,
        arguments=row.arguments,
        error=row.error,
        message=row.message,
        explanation=EXPLANATIONS.get(row.error, ""),
        failures=row.failures,
        failed_at=row.failed_at,
        state=_state(row),
        worker=row.worker,
    )


def _state(row: FailedTask) -> str:
    if row.recovered_at:
        return "recovered"
    is_retried = row.sent_again_at is not None and row.sent_again_at > row.failed_at
    return "sent again" if is_retried else "failed"


def failed_runs() -> list[FailedRunLine]:
    """Return failed runs of the last days without a later success, newest first."""
    later = SyncRun.objects.filter(
        integration=OuterRef("integration"), pk__gt=OuterRef("pk"), state__in=SyncRun.READ_STATES
    )
    rows = (
        SyncRun.objects.filter(
            ~Exists(later),
            state__in=[SyncRun.State.FAILED, SyncRun.State.PARKED],
            finished_at__gte=timezone.now() - RUNS_SINCE,
            integration__removed_at=None,
        )
        .select_related("integration__project")
        .order_by("-finished_at")
    )
    return [_run_line(run) for run in rows[:NEWEST]]


def _run_line(run: SyncRun) -> FailedRunLine:
    return FailedRunLine(
        id=run.pk,
        project_id=run.integration.project_id,
        project=run.integration.project.name,
        integration=str(run.integration),
        kind=run.kind,
        state=run.state,
        error=run.error_kind,
        message=run.error_message,
        fix=RUN_FIXES.get(run.error_kind) or health.FIXES.get(run.error_kind, ""),
        finished_at=run.finished_at,
    )
