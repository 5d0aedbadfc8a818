"""Queries of task statistics, in whole minutes including the current one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, QuerySet, Sum
from django.utils import timezone

from monitoring.models import FailedTask, TaskTally


@dataclass(frozen=True)
class MinuteTally:
    """Finished tasks of one queue in one minute; empty minutes have no row."""

    minute: datetime
    queue: str
    succeeded: int
    failed: int
    waited_ms: int


@dataclass(frozen=True)
class TaskFigures:
    """Statistics of one task from one queue."""

    queue: str
    task: str
    succeeded: int
    failed: int
    mean_ms: int
    longest_ms: int
    mean_wait_ms: int

    @property
    def runs(self) -> int:
        return self.succeeded + self.failed


def minutes_by_queue(minutes: int = 60, *, now: datetime | None = None) -> list[MinuteTally]:
    rows = (
        _last(minutes, now)
        .values("minute", "queue")
        .annotate(ok=Sum("succeeded"), bad=Sum("failed"), wait=Sum("waited_ms"))
        .order_by("minute", "queue")
    )
    return [
        MinuteTally(row["minute"], row["queue"], row["ok"], row["bad"], row["wait"]) for row in rows
    ]


def figures_by_task(minutes: int = 60, *, now: datetime | None = None) -> list[TaskFigures]:
    """Return statistics per queue and task, most runs first."""
    rows = (
        _last(minutes, now)
        .values("queue", "task")
        .annotate(
            ok=Sum("succeeded"),
            bad=Sum("failed"),
            ms=Sum("total_ms"),
            wait=Sum("waited_ms"),
            longest=Max("longest_ms"),
        )
        .order_by("queue", "task")
    )
    figures = [_figures(row) for row in rows]
    return sorted(figures, key=lambda figure: -figure.runs)


def failures_since(since: datetime) -> int:
    """Count tasks that failed since then and have not recovered."""
    return FailedTask.objects.filter(failed_at__gte=since, recovered_at=None).count()


def first_minute(minutes: int, now: datetime | None = None) -> datetime:
    last = (now or timezone.now()).replace(second=0, microsecond=0)
    return last - timedelta(minutes=minutes - 1)


def per_minute(tallies: Iterable[MinuteTally], minutes: int, now: datetime) -> list[int]:
    """Return finished tasks per minute, the current minute last."""
    first, finished = first_minute(minutes, now), [0] * minutes
    for tally in tallies:
        index = int((tally.minute - first).total_seconds() // 60)
        if 0 <= index < minutes:
            finished[index] += tally.succeeded + tally.failed
    return finished


def _last(minutes: int, now: datetime | None) -> QuerySet[TaskTally]:
    return TaskTally.objects.filter(minute__gte=first_minute(minutes, now))


def _figures(row: Mapping[str, Any]) -> TaskFigures:
    runs = max(row["ok"] + row["bad"], 1)
    return TaskFigures(
        queue=row["queue"],
        task=row["task"],
        succeeded=row["ok"],
        failed=row["bad"],
        mean_ms=round(row["ms"] / runs),
        longest_ms=row["longest"],
        mean_wait_ms=round(row["wait"] / runs),
    )
