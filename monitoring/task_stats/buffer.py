"""Buffer of unwritten task statistics; never fails or delays a task.

A thread with its own database connection writes every ten seconds, failures at once, and the rest
at an orderly shutdown. While the database is down, everything is kept and retried, within bounds. A
killed process loses the counts of at most its last ten seconds.
"""

import logging
import threading
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, connections

from diip.common.http_api.problem_details import DATABASE_DOWN
from monitoring.task_stats.records import Failure, Kind, Tally, Unwritten

logger = logging.getLogger(__name__)

PERIOD = 10.0
"""Seconds between two writes."""


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
        from monitoring.task_stats import writing  # noqa: PLC0415 - models may not be loaded yet

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
