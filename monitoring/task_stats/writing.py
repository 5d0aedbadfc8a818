"""Storage and deletion of task statistics and failures."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F

from monitoring.models import FailedTask, TaskTally
from monitoring.task_stats.records import Failure, Kind, Tally, Unwritten

BATCH = 1_000
ROWS_A_STATEMENT = 100
"""Rows per statement: eight parameters each, and old SQLite versions allow 999."""
_COLUMNS = "minute, queue, task, succeeded, failed, total_ms, longest_ms, waited_ms"
_SUMS = ", ".join(
    f"{name} = monitoring_tasktally.{name} + excluded.{name}"
    for name in ("succeeded", "failed", "total_ms", "waited_ms")
)
_LONGEST = (
    "longest_ms = CASE WHEN excluded.longest_ms > monitoring_tasktally.longest_ms"
    " THEN excluded.longest_ms ELSE monitoring_tasktally.longest_ms END"
)
# Only constant names here; all values are parameters.
_UPSERT = (
    f"INSERT INTO monitoring_tasktally ({_COLUMNS}) VALUES %s"  # noqa: S608
    f" ON CONFLICT (minute, queue, task) DO UPDATE SET {_SUMS}, {_LONGEST}"
)


def write(unwritten: Unwritten) -> None:
    """Write everything in one transaction."""
    if not unwritten:
        return
    with transaction.atomic():
        # Same order in every process, to avoid deadlocks.
        rows = sorted(unwritten.tallies.items(), key=lambda row: row[0])
        for start in range(0, len(rows), ROWS_A_STATEMENT):
            _add(rows[start : start + ROWS_A_STATEMENT])
        for failure in unwritten.failures:
            _note_failure(failure)
        _note_recoveries(unwritten.recovered)


def _add(rows: list[tuple[Kind, Tally]]) -> None:
    places = ", ".join(["(%s, %s, %s, %s, %s, %s, %s, %s)"] * len(rows))
    values: list[Any] = []
    for kind, tally in rows:
        minute = connection.ops.adapt_datetimefield_value(kind.minute)
        values += [minute, kind.queue, kind.task, tally.succeeded, tally.failed]
        values += [tally.total_ms, tally.longest_ms, tally.waited_ms]
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT % places, values)


def note_loss(loss: Mapping[str, Any]) -> None:
    """Store a report of `lost_tasks`; a repeated message changes nothing."""
    failure = Failure(
        **{**loss, "id": UUID(loss["id"]), "at": datetime.fromisoformat(loss["at"])},
    )
    minute = failure.at.replace(second=0, microsecond=0)
    with transaction.atomic():
        if _note_failure(failure):
            _add([(Kind(minute, failure.queue, failure.task), Tally(failed=1))])


def _note_failure(failure: Failure) -> bool:
    """Store the failure of a task; False if it is already stored."""
    columns = {
        "task": failure.task,
        "queue": failure.queue,
        "arguments": failure.arguments,
        "error": failure.error,
        "message": failure.message,
        "worker": failure.worker,
        "failed_at": failure.at,
    }
    _, is_new = FailedTask.objects.get_or_create(pk=failure.id, defaults=columns)
    if is_new:
        return True
    again = {**columns, "failures": F("failures") + 1, "recovered_at": None}
    others = FailedTask.objects.filter(pk=failure.id).exclude(failed_at=failure.at)
    return bool(others.update(**again))


def _note_recoveries(recovered: Mapping[UUID, datetime]) -> None:
    for task_id, at in recovered.items():
        FailedTask.objects.filter(pk=task_id, failed_at__lte=at).update(recovered_at=at)


def prune_task_records(now: datetime) -> int:
    """Delete rows older than the settings allow; return their number."""
    oldest_tally = now - timedelta(days=settings.DIIP_TASK_STATS_RETENTION_DAYS)
    oldest_failure = now - timedelta(days=settings.DIIP_FAILED_TASK_RETENTION_DAYS)
    return _delete(TaskTally.objects.filter(minute__lt=oldest_tally)) + _delete(
        FailedTask.objects.filter(failed_at__lt=oldest_failure)
    )


def _delete(rows: models.QuerySet[Any]) -> int:
    """Delete in batches, since a long delete would block other writers."""
    deleted = 0
    while ids := list(rows.values_list("pk", flat=True)[:BATCH]):
        deleted += rows.filter(pk__in=ids).delete()[0]
    return deleted
