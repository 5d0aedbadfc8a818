"""Handlers of Celery's signals that count tasks in the pool process that runs them.

`task_failure` covers every exception there, including the soft time limit. Only the main process
notices a child that was killed or hit the hard limit: see `lost_tasks`.
"""

import inspect
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from celery import signals, states
from django.utils import timezone

from diip.common.observability.scrubbing import scrub_text
from monitoring.heartbeats import SENT_AT
from monitoring.task_stats.buffer import TaskBuffer
from monitoring.task_stats.records import Failure, Kind, Tally

FIRST_ID = "diip_first_id"
"""Header of a retried task with the id of its first failure.

The retry itself has a new id, since workers drop ids that were cancelled before.
"""
LONGEST_MESSAGE = 2_000
LONGEST_WORD = 64
MOST_IDS = 1_000

notes = TaskBuffer()


@signals.worker_process_init.connect
def start_buffer(**_: object) -> None:
    """Give the child process its own buffer and writer."""
    global notes  # noqa: PLW0603 - one per process, and this is a new process
    notes = TaskBuffer()


@signals.worker_process_shutdown.connect
def flush_at_shutdown(**_: object) -> None:
    notes.flush()


@signals.before_task_publish.connect
def note_sending(headers: dict[str, Any] | None = None, **_: object) -> None:
    if headers is not None:
        headers.setdefault(SENT_AT, time.time())


@signals.task_prerun.connect
def note_begin(task: Any, **_: object) -> None:
    task.request.started = time.monotonic()


@signals.task_postrun.connect
def count_task(task: Any, task_id: str, state: str | None = None, **_: object) -> None:
    request = task.request
    if state not in (states.SUCCESS, states.FAILURE) or request.is_eager:
        return
    succeeded = state == states.SUCCESS
    started = getattr(request, "started", None)
    milliseconds = 0 if started is None else _milliseconds(time.monotonic() - started)
    tally = Tally(
        succeeded=int(succeeded),
        failed=int(not succeeded),
        total_ms=milliseconds,
        longest_ms=milliseconds,
        waited_ms=_waited(request, milliseconds),
    )
    notes.count(kind_of(str(task.name), request.delivery_info), tally)
    if succeeded and (_was_redelivered(request) or getattr(request, FIRST_ID, None)):
        notes.recover(first_id(task_id, getattr(request, FIRST_ID, None)), timezone.now())


@signals.task_failure.connect
def note_failure(sender: Any, task_id: str, exception: Exception, **sent: Any) -> None:
    request = sender.request
    if request.id != task_id or request.is_eager:  # the main process: see `lost_tasks`
        return
    arguments = positional(sender, sent.get("args") or (), sent.get("kwargs") or {})
    kind = kind_of(str(sender.name), request.delivery_info)
    row_id = first_id(task_id, getattr(request, FIRST_ID, None))
    failure = failure_of(row_id, kind, arguments, exception)
    notes.fail(replace(failure, worker=str(request.hostname or "")[:200]))


def first_id(task_id: str, sent_again_for: object) -> UUID:
    """Return the primary key of the failure: the id of the first failed attempt."""
    task_id = str(sent_again_for or task_id)
    try:
        return UUID(task_id)
    except ValueError:
        return uuid5(NAMESPACE_OID, task_id)


def queue_of(delivery_info: Mapping[str, Any] | None) -> str:
    return str((delivery_info or {}).get("routing_key") or "unknown")[:32]


def positional(task: Any, args: Any, kwargs: Mapping[str, Any]) -> object:
    """Return the arguments as a list of ids, else a note of withholding."""
    try:
        given = list(inspect.signature(task.run).bind(*args, **kwargs).args)
    except (TypeError, ValueError):
        return {"withheld": "The arguments do not fit the task."}
    return given if is_ids(given) else {"withheld": "The arguments are not ids only."}


def is_ids(value: object, depth: int = 2) -> bool:
    if isinstance(value, list | tuple):
        inner = depth > 0 and len(value) <= MOST_IDS
        return inner and all(is_ids(item, depth - 1) for item in value)
    if isinstance(value, str):
        return len(value) <= LONGEST_WORD and value.isprintable() and scrub_text(value) == value
    return value is None or isinstance(value, bool | int)


def failure_of(row_id: UUID, kind: Kind, arguments: object, error: Exception) -> Failure:
    return Failure(
        id=row_id,
        task=kind.task,
        queue=kind.queue,
        arguments=arguments,
        error=type(error).__name__[:200],
        message=storable(scrub_text(str(error))),
        at=timezone.now(),
    )


def storable(text: str) -> str:
    """Replace NUL and lone surrogates, which PostgreSQL rejects, and limit the length."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()[:LONGEST_MESSAGE]


def kind_of(task: str, delivery_info: Mapping[str, Any] | None) -> Kind:
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    return Kind(minute, queue_of(delivery_info), task[:150])


def _waited(request: Any, ran_ms: int) -> int:
    """Return the wait in milliseconds; 0 without a send time or if clocks differ."""
    sent_at = getattr(request, SENT_AT, None)
    if not isinstance(sent_at, int | float):
        return 0
    return max(0, _milliseconds(time.time() - sent_at) - ran_ms)


def _was_redelivered(request: Any) -> bool:
    return bool((request.delivery_info or {}).get("redelivered"))


def _milliseconds(seconds: float) -> int:
    return max(0, min(round(seconds * 1000), 2**31 - 1))
