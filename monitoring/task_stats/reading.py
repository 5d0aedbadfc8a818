"""What the counts say. Whole minutes: the one under way is part of the last."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, QuerySet, Sum
from django.utils import timezone

from monitoring.models import FailedTask, TaskTally


@dataclass(frozen=True)
class MinuteTally:
    """What was finished from one queue in one minute; minutes without anything have no row."""

    minute: datetime
    queue: str
    succeeded: int
    failed: int
    waited_ms: int


@dataclass(frozen=True)
class TaskFigures:
    """What one kind of task did from one queue."""

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
    """The most run first."""
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
    """Tasks that failed since and have not succeeded after all."""
    return FailedTask.objects.filter(failed_at__gte=since, recovered_at=None).count()


def first_minute(minutes: int, now: datetime | None = None) -> datetime:
    last = (now or timezone.now()).replace(second=0, microsecond=0)
    return last - timedelta(minutes=minutes - 1)


def per_minute(tallies: Iterable[MinuteTally], minutes: int, now: datetime) -> list[int]:
    """Finished tasks a minute, the present one last; 0 where nothing was."""
    first, finished = first_minute(minutes, now), [0] * minutes
    for tally in tallies:
        place = int((tally.minute - first).total_seconds() // 60)
        if 0 <= place < minutes:
            finished[place] += tally.succeeded + tally.failed
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
