"""Running and reserved tasks, as reported by the workers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import redis
from celery import current_app
from kombu.exceptions import OperationalError

from monitoring.heartbeats import Kind, read_heartbeats
from monitoring.task_stats.counting import is_ids, queue_of

ANSWER_SECONDS = 1.0
FRESH_SECONDS = 60
BROKER_DOWN = (OperationalError, redis.RedisError, OSError)


@dataclass(frozen=True)
class RunningTask:
    id: str
    task: str
    queue: str
    arguments: object
    worker: str
    started_at: float | None
    """Seconds since 1970."""


@dataclass(frozen=True)
class Workers:
    names: tuple[str, ...]
    running: tuple[RunningTask, ...]
    reserved: frozenset[str]
    """Ids of tasks that a worker has fetched but not started."""

    def find(self, task_id: str) -> RunningTask | None:
        return next((task for task in self.running if task.id == task_id), None)

    @property
    def ids(self) -> frozenset[str]:
        return self.reserved | {task.id for task in self.running}


def ask_workers() -> Workers | None:
    """Return what all workers run; None if none answers within a second.

    Returns as soon as every worker with a fresh heartbeat has answered.
    """
    try:
        alive = sum(heartbeat.age < FRESH_SECONDS for heartbeat in read_heartbeats(Kind.WORKER))
        inspect = current_app.control.inspect(timeout=ANSWER_SECONDS, limit=alive or None)
        active = inspect.active()
        reserved = inspect.reserved() if active else None
    except BROKER_DOWN:
        return None
    if not active:
        return None
    return Workers(
        names=tuple(sorted(active)),
        running=tuple(_running(task) for tasks in active.values() for task in tasks),
        reserved=frozenset(
            task["id"] for tasks in (reserved or {}).values() for task in tasks if "id" in task
        ),
    )


def _running(task: Mapping[str, Any]) -> RunningTask:
    arguments = list(task.get("args") or ()) + list((task.get("kwargs") or {}).values())
    return RunningTask(
        id=str(task.get("id", "")),
        task=str(task.get("name", "")),
        queue=queue_of(task.get("delivery_info")),
        arguments=arguments if is_ids(arguments) else [],
        worker=str(task.get("hostname", "")),
        started_at=task.get("time_start"),
    )


def stop_task(task_id: str, *, terminate: bool) -> int:
    """Revoke a task, with `terminate` also its process; return the confirming workers."""
    replies = current_app.control.revoke(
        task_id, terminate=terminate, signal="SIGTERM", reply=True, timeout=ANSWER_SECONDS
    )
    return len(replies or ())
