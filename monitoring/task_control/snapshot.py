"""Data of the dashboard at one time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from diip.common.queues.names import QUEUES
from monitoring import task_stats
from monitoring.task_control import failed, queues, syncs, workers
from monitoring.task_control.failed import FailedRunLine, FailedTaskLine
from monitoring.task_control.queues import Message, Queues, Taken
from monitoring.task_control.syncs import OpenRunLine
from monitoring.task_control.workers import Workers
from monitoring.task_stats import MinuteTally, TaskFigures

MINUTES = 60
LOST_AFTER = 15
"""Seconds after which a taken message that no worker reports counts as lost."""
SHOWN_MESSAGES = 5
SLOW_AFTER = 60
"""Seconds of waiting at which the page shows a queue as slow."""


@dataclass(frozen=True)
class WaitingTask:
    id: str
    task: str
    arguments: object
    waits_seconds: int | None


@dataclass(frozen=True)
class QueueLine:
    """State of a queue; `waiting`, `oldest_seconds` and `running` are None if unknown."""

    name: str
    waiting: int | None
    oldest_seconds: int | None
    running: int | None
    finished: int
    """Tasks finished in the last hour; the next fields cover the same hour."""
    failed: int
    mean_wait_ms: int
    per_minute: tuple[int, ...]
    next: tuple[WaitingTask, ...]

    @property
    def is_slow(self) -> bool:
        return (self.oldest_seconds or 0) >= SLOW_AFTER


@dataclass(frozen=True)
class RunningLine:
    id: str
    task: str
    queue: str
    arguments: object
    worker: str
    seconds: int | None
    is_lost: bool = False
    """Lost worker: the broker redelivers the task within minutes."""

    @property
    def is_sync(self) -> bool:
        return self.task == "issues.tasks.advance_sync_run"


@dataclass(frozen=True)
class Snapshot:
    as_of: datetime
    broker_answers: bool
    workers: tuple[str, ...] | None
    """Names; None if no worker answers, and then `running` is unknown."""
    queues: tuple[QueueLine, ...]
    running: tuple[RunningLine, ...] | None
    open_run_count: int
    open_runs: tuple[OpenRunLine, ...]
    failed_last_hour: int
    failed_tasks: tuple[FailedTaskLine, ...]
    failed_runs: tuple[FailedRunLine, ...]
    by_task: tuple[TaskFigures, ...]
    """Statistics per task of the last hour."""


def take() -> Snapshot:
    now = timezone.now()
    found = queues.read_queues()
    answers = workers.ask_workers() if found else None
    count, runs = syncs.open_runs()
    minutes = task_stats.minutes_by_queue(MINUTES, now=now)
    return Snapshot(
        as_of=now,
        broker_answers=found is not None,
        workers=answers.names if answers else None,
        queues=tuple(_queue(name, found, answers, minutes, now) for name in QUEUES),
        running=_running(answers, found.taken if found else (), now) if answers else None,
        open_run_count=count,
        open_runs=tuple(runs),
        failed_last_hour=task_stats.failures_since(now - timedelta(hours=1)),
        failed_tasks=tuple(failed.failed_tasks()),
        failed_runs=tuple(failed.failed_runs()),
        by_task=tuple(task_stats.figures_by_task(MINUTES, now=now)),
    )


def _queue(
    name: str,
    found: Queues | None,
    answers: Workers | None,
    minutes: list[MinuteTally],
    now: datetime,
) -> QueueLine:
    mine = [tally for tally in minutes if tally.queue == name]
    finished = sum(tally.succeeded + tally.failed for tally in mine)
    waiting = [_waiting(message, now) for message in found.first[name]] if found else []
    return QueueLine(
        name=name,
        waiting=found.waiting[name] if found else None,
        oldest_seconds=max((task.waits_seconds or 0 for task in waiting), default=0)
        if found
        else None,
        running=sum(task.queue == name for task in answers.running) if answers else None,
        finished=finished,
        failed=sum(tally.failed for tally in mine),
        mean_wait_ms=round(sum(tally.waited_ms for tally in mine) / max(finished, 1)),
        per_minute=tuple(task_stats.per_minute(mine, MINUTES, now)),
        next=tuple(waiting[:SHOWN_MESSAGES]),
    )


def _waiting(message: Message, now: datetime) -> WaitingTask:
    return WaitingTask(
        message.id, message.task, message.arguments, _seconds_since(message.sent_at, now)
    )


def _running(answers: Workers, taken: tuple[Taken, ...], now: datetime) -> tuple[RunningLine, ...]:
    lines = [
        RunningLine(
            task.id, task.task, task.queue, task.arguments, task.worker,
            _seconds_since(task.started_at, now),
        )
        for task in answers.running
    ]  # fmt: skip
    known = answers.ids
    for held in taken:
        seconds = _seconds_since(held.taken_at, now) or 0
        if held.message.id not in known and seconds > LOST_AFTER:
            message = held.message
            lines.append(
                RunningLine(
                    message.id, message.task, held.queue, message.arguments, "", seconds,
                    is_lost=True,
                )
            )  # fmt: skip
    return tuple(sorted(lines, key=lambda line: -(line.seconds or 0)))


def _seconds_since(moment: float | None, now: datetime) -> int | None:
    """Return whole seconds, at least 0 since clocks differ; None if unknown."""
    if moment is None:
        return None
    return max(0, int((now - datetime.fromtimestamp(moment, UTC)).total_seconds()))
