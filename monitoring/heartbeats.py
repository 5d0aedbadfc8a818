"""Heartbeats in the broker: each process writes one periodically, and it expires.

They are not in the database: a worker's main process forks, so it must not connect to the database
(`monitoring.database_guard`). It is connected to the broker anyway.
"""

import json
import logging
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from redis import RedisError

from monitoring import broker

logger = logging.getLogger(__name__)

SENT_AT = "diip_sent_at"
"""Message header with the send time, in seconds since 1970."""
PREFIX = "diip:heartbeat"
INDEX_SECONDS = 3600
"""Seconds without a heartbeat after which a name leaves the index."""
ROUND_TRIP_KEPT = timedelta(days=1)
RETRY_SECONDS = 5.0
"""Delay of the next attempt after the broker failed to store a heartbeat."""


class Kind(StrEnum):
    WORKER = "worker"
    BEAT = "beat"
    QUEUE = "queue"
    """Round trip: written when a message passed the queue."""


@dataclass(frozen=True)
class Heartbeat:
    """Heartbeat that has not expired."""

    name: str
    """`celery@host` of a worker, `beat@host:pid` of a beat, or the queue name."""
    age: float
    """Seconds since it was written, by the broker's clock, since other clocks may differ."""
    facts: dict[str, Any]


def write_heartbeat(
    kind: Kind, name: str, facts: Mapping[str, object], lifetime: timedelta
) -> None:
    """Store a heartbeat. Raises `RedisError` if the broker fails."""
    milliseconds = round(lifetime.total_seconds() * 1000)
    value = json.dumps({**facts, "lifetime_ms": milliseconds})
    now = time.time()
    with broker.connect() as client, client.pipeline() as pipe:
        pipe.set(_key(kind, name), value, px=milliseconds)
        pipe.zadd(_index(kind), {name: now})
        pipe.zremrangebyscore(_index(kind), 0, now - max(INDEX_SECONDS, lifetime.total_seconds()))
        pipe.execute()


def remove_heartbeat(kind: Kind, name: str) -> None:
    with broker.connect() as client, client.pipeline() as pipe:
        pipe.delete(_key(kind, name))
        pipe.zrem(_index(kind), name)
        pipe.execute()


def read_heartbeats(kind: Kind) -> list[Heartbeat]:
    """Return unexpired heartbeats, most recent first. Raises `RedisError` within a second."""
    with broker.connect() as client:
        listed: Any = client.zrange(_index(kind), 0, -1)
        names = [name.decode() for name in listed]
        with client.pipeline() as pipe:
            for name in names:
                pipe.get(_key(kind, name))
                pipe.pttl(_key(kind, name))
            answers = pipe.execute()
    found = _parse(names, answers)
    return sorted(found, key=lambda heartbeat: heartbeat.age)


def _parse(names: list[str], answers: list[Any]) -> Iterator[Heartbeat]:
    for name, value, remaining in zip(names, answers[::2], answers[1::2], strict=True):
        if value is None or remaining < 0:
            continue
        facts = json.loads(value)
        age = max(0, facts.pop("lifetime_ms") - remaining) / 1000
        yield Heartbeat(name, age, facts)


def _key(kind: Kind, name: str) -> str:
    return f"{PREFIX}:{kind}:{name}"


def _index(kind: Kind) -> str:
    return f"{PREFIX}s:{kind}"


# --- queues -------------------------------------------------------------------------------------


def note_round_trip(queue: str, waited: timedelta | None) -> None:
    """Record a processed message: proof that the queue's worker really takes tasks."""
    facts = {} if waited is None else {"waited_ms": round(waited.total_seconds() * 1000)}
    try:
        write_heartbeat(Kind.QUEUE, queue, facts, ROUND_TRIP_KEPT)
    except RedisError as fault:  # the next message in a minute repeats it
        logger.warning("A round trip could not be stored: %s.", type(fault).__name__)


def waited(sent_at: object) -> timedelta | None:
    """Return the time since a message was sent; None without a send time."""
    if not isinstance(sent_at, int | float):
        return None
    # Clocks of two machines may differ: clamp to zero.
    return timedelta(seconds=max(0.0, time.time() - sent_at))


# --- the process that writes --------------------------------------------------------------------


@dataclass
class HeartbeatWriter:
    """Writer of a heartbeat; the main loop calls it to prove that it runs.

    It uses no thread: a thread would keep running while the loop hangs, and hold locks at a fork.
    """

    kind: Kind
    name: str
    describe: Callable[[], Mapping[str, object]]
    queues: tuple[str, ...] = ()
    started_at: datetime = field(default_factory=timezone.now)
    _due_at: float = 0.0

    def turn(self) -> None:
        """Write the heartbeat if due. Call every few seconds; blocks at most two."""
        touch_alive_file()
        if time.monotonic() < self._due_at:
            return
        period = settings.DIIP_HEARTBEAT_SECONDS
        try:
            self.write()
        except RedisError as fault:
            period = min(period, RETRY_SECONDS)
            logger.warning("The heartbeat could not be written: %s.", type(fault).__name__)
        self._due_at = time.monotonic() + period

    def write(self) -> None:
        facts = {
            **self.describe(),
            "pid": os.getpid(),
            "version": settings.SPECTACULAR_SETTINGS["VERSION"],
            "queues": list(self.queues),
            "started_at": self.started_at.astimezone(UTC).isoformat(),
        }
        lifetime = timedelta(seconds=settings.DIIP_HEARTBEAT_TIMEOUT)
        write_heartbeat(self.kind, self.name, facts, lifetime)

    def stop(self) -> None:
        """Remove the heartbeat on an orderly shutdown."""
        try:
            remove_heartbeat(self.kind, self.name)
        except RedisError as fault:
            logger.warning("The heartbeat could not be removed: %s.", type(fault).__name__)


def touch_alive_file() -> None:
    """Touch the file of `monitoring.readiness_check`, which must not depend on the broker."""
    if not settings.DIIP_ALIVE_FILE:
        return
    try:
        Path(settings.DIIP_ALIVE_FILE).touch()
    except OSError as fault:
        logger.warning("DIIP_ALIVE_FILE could not be written: %s.", type(fault).__name__)


# --- details of a process -----------------------------------------------------------------------


def worker_details(concurrency: int, pool: list[int]) -> Mapping[str, object]:
    """Return size and memory of a worker; `pool` holds its process ids."""
    return {
        "pool_size": concurrency,
        "memory_bytes": resident_bytes(os.getpid()),
        "pool_memory_bytes": sum(filter(None, map(resident_bytes, pool))) or None,
    }


def beat_details() -> Mapping[str, object]:
    return {"memory_bytes": resident_bytes(os.getpid())}


def beat_name() -> str:
    """Return a name with the process id, since a host may run two beats."""
    return f"beat@{platform.node()}:{os.getpid()}"


def resident_bytes(pid: int) -> int | None:
    """Return the resident memory; None if the process ended or without Linux."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
