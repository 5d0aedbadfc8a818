"""What the processes of DIIP write of themselves: that they live, and that queues are worked."""

import logging
import os
import platform
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import connection, connections
from django.utils import timezone

from diip.common.queues import QUEUES
from monitoring.models import Heartbeat

logger = logging.getLogger(__name__)

SENT_AT = "diip_sent_at"
"""The header of a message that says when it was sent, in seconds since 1970."""
FORGOTTEN_AFTER = timedelta(hours=1)
"""A process that was killed is shown as silent so long; then it counts as taken away."""


def prune_heartbeats(now: datetime) -> int:
    """Forget processes that ended without saying so, and queues that there are no more."""
    processes = Heartbeat.objects.exclude(kind=Heartbeat.Kind.QUEUE)
    silent, _ = processes.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()
    queues = Heartbeat.objects.filter(kind=Heartbeat.Kind.QUEUE)
    gone, _ = queues.exclude(name__in=QUEUES).delete()
    return silent + gone


def note_round_trip(queue: str, waited: timedelta | None) -> None:
    """A message came through this queue and was worked: a worker can live and take nothing."""
    details = {} if waited is None else {"waited_ms": round(waited.total_seconds() * 1000)}
    Heartbeat.objects.update_or_create(
        kind=Heartbeat.Kind.QUEUE,
        name=queue,
        defaults={"details": details, "seen_at": timezone.now()},
        create_defaults={"details": details, "queues": [queue]},
    )


def waited(sent_at: object) -> timedelta | None:
    """Since a message was sent; None where its header does not say when."""
    if not isinstance(sent_at, int | float):
        return None
    # Two machines' clocks may differ: nothing arrives before it was sent.
    return timedelta(seconds=max(0.0, time.time() - sent_at))


@dataclass
class Pulse:
    """Writes a process's row again and again, in a thread of its own.

    A thread, so that a database that is silent holds up nobody. What shows that the process does
    more than live is `turned`: its main loop calls that, and the row says how long ago it did.
    """

    kind: str
    name: str
    describe: Callable[[], Mapping[str, object]]
    queues: tuple[str, ...] = ()
    started_at: datetime = field(default_factory=timezone.now)
    _turned_at: float = field(default_factory=time.monotonic)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()

    def turned(self) -> None:
        self._turned_at = time.monotonic()

    def stop(self) -> None:
        """An orderly end takes the row along."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=2)
        _outliving_faults(self.remove)

    def beat(self) -> None:
        details = {
            **self.describe(),
            "pid": os.getpid(),
            "version": settings.SPECTACULAR_SETTINGS["VERSION"],
            "loop_seconds": round(time.monotonic() - self._turned_at, 1),
        }
        Heartbeat.objects.update_or_create(
            kind=self.kind,
            name=self.name,
            defaults={
                "queues": list(self.queues),
                "details": details,
                "started_at": self.started_at,
                "seen_at": timezone.now(),
            },
        )

    def remove(self) -> None:
        Heartbeat.objects.filter(kind=self.kind, name=self.name).delete()

    def _run(self) -> None:
        while not self._stop.is_set():
            _outliving_faults(self.beat)
            self._stop.wait(settings.DIIP_HEARTBEAT_SECONDS)


def _outliving_faults(write: Callable[[], None]) -> None:
    """A database that is down is no reason for a process to end, nor is a missing table."""
    try:
        with between_forks():
            write()
    except (DatabaseFault, OSError) as fault:
        logger.warning("The heartbeat could not be written: %s.", type(fault).__name__)


@contextmanager
def between_forks() -> Iterator[None]:
    """For a thread of a process that forks: its connection is open only while nothing is forked.

    A child that is born while another thread holds some lock waits for that lock for ever. And one
    that inherits an open connection to SQLite destroys the file when it drops it: it knows nothing
    of the locks of others, takes itself for the last one and does away with the log.
    """
    with no_fork:
        try:
            if connection.vendor == "sqlite":
                with connection.cursor() as cursor:  # who wants to fork waits for this thread
                    cursor.execute("PRAGMA busy_timeout = 2000")
            yield
        finally:
            connections.close_all()


class _NoFork:
    """Keeps the process from forking while a thread of it holds this.

    Not for ever: a server that is silent must not stop a worker. With SQLite, where a fork in the
    wrong moment costs the file, no server is silent.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forks = False
        os.register_at_fork(
            before=self._before, after_in_parent=self._after, after_in_child=self._renew
        )

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    @property
    def is_held(self) -> bool:
        return self._lock.locked()

    def _before(self) -> None:
        self._forks = self._lock.acquire(timeout=60 if connection.vendor == "sqlite" else 2)

    def _after(self) -> None:
        if self._forks:
            self._lock.release()

    def _renew(self) -> None:
        self._lock = threading.Lock()


no_fork = _NoFork()


# --- what a process says of itself --------------------------------------------------------------


def worker_details(concurrency: int, pool: list[int]) -> Mapping[str, object]:
    """`pool`: the ids of its processes."""
    return {
        "pool_size": concurrency,
        "memory_bytes": resident_bytes(os.getpid()),
        "pool_memory_bytes": sum(filter(None, map(resident_bytes, pool))) or None,
    }


def beat_details() -> Mapping[str, object]:
    return {"memory_bytes": resident_bytes(os.getpid())}


def beat_name() -> str:
    """Two beats may run on one host."""
    return f"beat@{platform.node()}:{os.getpid()}"


def resident_bytes(pid: int) -> int | None:
    """None where the system does not tell (it is Linux that does) or the process is gone."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
