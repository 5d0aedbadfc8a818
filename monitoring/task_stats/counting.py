"""Hears what becomes of every task, in the child of the pool that runs it.

`task_failure` comes there for whatever the task raised, the soft time limit included. Of a child
that is killed, or runs into the hard limit, only the main process knows: see `lost`.
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
from monitoring.task_stats.buffer import Notes
from monitoring.task_stats.records import Failure, Kind, Tally

FIRST_ID = "diip_first_id"
"""The header of a task that is sent again after it failed: the id it failed under. It has a new
one, for workers drop what bears an id that was cancelled once."""
LONGEST_MESSAGE = 2_000
LONGEST_WORD = 64
MOST_IDS = 1_000

notes = Notes()


@signals.worker_process_init.connect
def begin_anew(**_: object) -> None:
    """A child counts for itself, and writes for itself."""
    global notes  # noqa: PLW0603 - one a process, and this is a new process
    notes = Notes()


@signals.worker_process_shutdown.connect
def write_the_rest(**_: object) -> None:
    notes.flush()


@signals.before_task_publish.connect
def note_sending(headers: dict[str, Any] | None = None, **_: object) -> None:
    if headers is not None:
        headers.setdefault(SENT_AT, time.time())


@signals.task_prerun.connect
def note_begin(task: Any, **_: object) -> None:
    task.request.begun = time.monotonic()


@signals.task_postrun.connect
def count_task(task: Any, task_id: str, state: str | None = None, **_: object) -> None:
    request = task.request
    if state not in (states.SUCCESS, states.FAILURE) or request.is_eager:
        return
    succeeded = state == states.SUCCESS
    begun = getattr(request, "begun", None)
    milliseconds = 0 if begun is None else _milliseconds(time.monotonic() - begun)
    tally = Tally(
        succeeded=int(succeeded),
        failed=int(not succeeded),
        total_ms=milliseconds,
        longest_ms=milliseconds,
        waited_ms=_waited(request, milliseconds),
    )
    notes.count(kind_of(str(task.name), request.delivery_info), tally)
    if succeeded and (_was_given_back(request) or getattr(request, FIRST_ID, None)):
        notes.recover(first_id(task_id, getattr(request, FIRST_ID, None)), timezone.now())


@signals.task_failure.connect
def note_failure(sender: Any, task_id: str, exception: Exception, **sent: Any) -> None:
    request = sender.request
    if request.id != task_id or request.is_eager:  # the main process: see `lost`
        return
    arguments = positional(sender, sent.get("args") or (), sent.get("kwargs") or {})
    kind = kind_of(str(sender.name), request.delivery_info)
    row_id = first_id(task_id, getattr(request, FIRST_ID, None))
    failure = failure_of(row_id, kind, arguments, exception)
    notes.fail(replace(failure, worker=str(request.hostname or "")[:200]))


def first_id(task_id: str, sent_again_for: object) -> UUID:
    """Whose row it is."""
    task_id = str(sent_again_for or task_id)
    try:
        return UUID(task_id)
    except ValueError:
        return uuid5(NAMESPACE_OID, task_id)


def queue_of(delivery_info: Mapping[str, Any] | None) -> str:
    return str((delivery_info or {}).get("routing_key") or "unknown")[:32]


def positional(task: Any, args: Any, kwargs: Mapping[str, Any]) -> object:
    """Arguments as a list of ids; where they are not that, a note that says so."""
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
    """No NUL and no lone surrogates: PostgreSQL takes neither."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()[:LONGEST_MESSAGE]


def kind_of(task: str, delivery_info: Mapping[str, Any] | None) -> Kind:
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    return Kind(minute, queue_of(delivery_info), task[:150])


def _waited(request: Any, ran_ms: int) -> int:
    """0 where the message does not say, or the sender's clock is ahead."""
    sent_at = getattr(request, SENT_AT, None)
    if not isinstance(sent_at, int | float):
        return 0
    return max(0, _milliseconds(time.time() - sent_at) - ran_ms)


def _was_given_back(request: Any) -> bool:
    return bool((request.delivery_info or {}).get("redelivered"))


def _milliseconds(seconds: float) -> int:
    return max(0, min(round(seconds * 1000), 2**31 - 1))
