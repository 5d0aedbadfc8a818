"""Buffer of unwritten task statistics; never fails or delays a task.

A thread with its own database connection writes every ten seconds, failures at once, and the rest
at an orderly shutdown. While the database is down, everything is kept and retried, within bounds. A
killed process loses the counts of at most its last ten seconds.
"""

import logging
import threading
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, connections

from diip.common.http_api.problem_details import DATABASE_DOWN

logger = logging.getLogger(__name__)

PERIOD = 10.0
"""Seconds between two writes."""
MOST_TALLIES = 5_000
MOST_FAILURES = 500


@dataclass(frozen=True, order=True)
class Kind:
    """Key of a tally."""

    minute: datetime
    queue: str
    task: str


@dataclass
class Tally:
    succeeded: int = 0
    failed: int = 0
    total_ms: int = 0
    longest_ms: int = 0
    waited_ms: int = 0

    def add(self, other: "Tally") -> None:
        self.succeeded += other.succeeded
        self.failed += other.failed
        self.total_ms += other.total_ms
        self.longest_ms = max(self.longest_ms, other.longest_ms)
        self.waited_ms += other.waited_ms


@dataclass(frozen=True)
class Failure:
    id: UUID
    task: str
    queue: str
    arguments: object
    error: str
    message: str
    at: datetime
    worker: str = ""


@dataclass
class Unwritten:
    tallies: dict[Kind, Tally] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    recovered: dict[UUID, datetime] = field(default_factory=dict)
    """Times of success, by id, of tasks that had failed before."""

    def __bool__(self) -> bool:
        return bool(self.tallies or self.failures or self.recovered)

    def add(self, newer: "Unwritten") -> None:
        for kind, tally in newer.tallies.items():
            self.tally(kind, tally)
        self.failures = (self.failures + newer.failures)[-MOST_FAILURES:]
        self.recovered |= newer.recovered

    def tally(self, kind: Kind, tally: Tally) -> None:
        if kind in self.tallies:
            self.tallies[kind].add(tally)
        elif len(self.tallies) < MOST_TALLIES:
            self.tallies[kind] = tally


class TaskBuffer:
    """Thread-safe buffer of one process; a forked child creates a new one."""

    def __init__(self) -> None:
        self._unwritten = Unwritten()
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._has_data = threading.Event()
        self._urgent = threading.Event()
        self._writer: threading.Thread | None = None

    def count(self, kind: Kind, tally: Tally) -> None:
        with self._lock:
            self._unwritten.tally(kind, tally)
        self._wake()

    def fail(self, failure: Failure) -> None:
        with self._lock:
            self._unwritten.add(Unwritten(failures=[failure]))
        self._urgent.set()
        self._wake()

    def recover(self, task_id: UUID, at: datetime) -> None:
        with self._lock:
            self._unwritten.recovered[task_id] = at
        self._wake()

    def flush(self) -> bool:
        """Write everything; False if the database is down and the data was kept."""
        from monitoring.task_stats import writing  # noqa: PLC0415 - avoids an import cycle

        with self._writing:
            with self._lock:
                taken, self._unwritten = self._unwritten, Unwritten()
            try:
                writing.write(taken)
            except DATABASE_DOWN as error:
                logger.warning(
                    "Task statistics could not be written and are kept: %s", type(error).__name__
                )
                with self._lock:
                    taken.add(self._unwritten)
                    self._unwritten = taken
                return False
            except DatabaseError:  # would fail again, and block all later data
                logger.exception("Task statistics were rejected by the database and dropped")
        return True

    def _wake(self) -> None:
        self._has_data.set()
        if self._writer is None or not self._writer.is_alive():
            self._writer = threading.Thread(
                target=self._write_periodically, name="task-counts", daemon=True
            )
            self._writer.start()

    def _write_periodically(self) -> None:
        while self._has_data.wait():
            self._urgent.wait(PERIOD)
            self._urgent.clear()
            self._has_data.clear()
            try:
                if not self.flush():
                    self._has_data.set()
            finally:
                connections.close_all()
