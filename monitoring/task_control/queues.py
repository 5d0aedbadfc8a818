"""Waiting messages in the broker: kombu's lists in Redis, read without removing them.

Messages are pushed on the left and taken from the right. Messages that a worker has taken but not
acknowledged are in `unacked`, with the time in `unacked_index`.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import redis

from diip.common.queues.names import QUEUES
from monitoring import broker
from monitoring.heartbeats import SENT_AT
from monitoring.task_stats.counting import is_ids

PEEK = 50
CHUNK = 500
DEEPEST = 20_000
"""Maximum number of messages searched in a queue."""


@dataclass(frozen=True)
class Message:
    """Waiting task; unreadable parts are empty."""

    id: str
    task: str
    arguments: object
    sent_at: float | None


@dataclass(frozen=True)
class Taken:
    """Message taken by a worker and not acknowledged yet."""

    message: Message
    queue: str
    taken_at: float


@dataclass(frozen=True)
class Queues:
    waiting: Mapping[str, int]
    first: Mapping[str, tuple[Message, ...]]
    """Messages by queue, in the order of delivery."""
    taken: tuple[Taken, ...] = field(default=())


def read_queues() -> Queues | None:
    """Return the state of all queues; None if the broker does not answer."""
    try:
        with broker.connect() as client:
            return _read_queues(client)
    except redis.RedisError:
        return None


def _read_queues(client: redis.Redis) -> Queues:
    with client.pipeline(transaction=False) as pipe:
        for name in QUEUES:
            pipe.llen(name)
            pipe.lrange(name, -PEEK, -1)
        pipe.zrange("unacked_index", 0, PEEK - 1, withscores=True)
        *lists, index = pipe.execute()
    waiting = dict(zip(QUEUES, lists[::2], strict=True))
    first = {
        name: tuple(read_message(raw) for raw in reversed(rows))
        for name, rows in zip(QUEUES, lists[1::2], strict=True)
    }
    return Queues(waiting, first, tuple(_taken(client, index)))


def _taken(client: redis.Redis, index: list[tuple[bytes, float]]) -> Iterator[Taken]:
    rows: Any = client.hmget("unacked", [tag for tag, _ in index]) if index else []
    for (_, taken_at), row in zip(index, rows, strict=True):
        try:
            message, _, queue = json.loads(row or b"")
        except ValueError:  # acknowledged between the two reads
            continue
        yield Taken(_message(message), str(queue), taken_at)


def read_message(raw: bytes) -> Message:
    try:
        return _message(json.loads(raw))
    except ValueError:
        return Message("", "", [], None)


def _message(content: Any) -> Message:
    headers = content.get("headers") if isinstance(content, dict) else None
    headers = headers if isinstance(headers, dict) else {}
    sent_at = headers.get(SENT_AT)
    return Message(
        id=str(headers.get("id", "")),
        task=str(headers.get("task", ""))[:150],
        arguments=_arguments(content) if headers else [],
        sent_at=sent_at if isinstance(sent_at, int | float) else None,
    )


def _arguments(content: Mapping[str, Any]) -> object:
    try:
        args, kwargs, _ = json.loads(base64.b64decode(content.get("body", "")))
        given = [*args, *kwargs.values()]
    except (ValueError, TypeError, AttributeError, binascii.Error):
        return []
    return given if is_ids(given) else []


def remove(task_id: str) -> str:
    """Remove a message; return its queue, or "" if no queue has it."""
    with broker.connect() as client:
        for queue in QUEUES:
            raw = _find(client, queue, task_id)
            if raw is not None and client.lrem(queue, -1, raw):
                return queue
    return ""


def _find(client: redis.Redis, queue: str, task_id: str) -> bytes | None:
    """Search from the right: new messages enter on the left, so none is missed."""
    for start in range(0, DEEPEST, CHUNK):
        rows: Any = client.lrange(queue, -start - CHUNK, -start - 1)
        for raw in reversed(rows):
            if read_message(raw).id == task_id:
                return bytes(raw)
        if len(rows) < CHUNK:
            return None
    return None
