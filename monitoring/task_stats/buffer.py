"""What a child of the pool has counted and not written yet. Nothing here may fail or delay a task.

A thread of the child writes it every ten seconds, a failure at once, the rest at the child's
orderly end; over a connection of its own. While the database is away everything is kept and tried
again, within bounds. A child that is killed loses the counts of its last ten seconds, no more.
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


class Notes:
    """One a process; a forked child begins with a new one."""

    def __init__(self) -> None:
        self._unwritten = Unwritten()
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._something = threading.Event()
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
        """Write all there is; False: the database is away, and it is kept."""
        from monitoring.task_stats import writing  # noqa: PLC0415 - models may not be loaded yet

        with self._writing:
            with self._lock:
                taken, self._unwritten = self._unwritten, Unwritten()
            try:
                writing.write(taken)
            except DATABASE_DOWN as error:
                logger.warning("Counts of tasks are kept for later: %s", type(error).__name__)
                with self._lock:
                    taken.add(self._unwritten)
                    self._unwritten = taken
                return False
            except DatabaseError:  # it would be refused for ever, with all that comes after it
                logger.exception("Counts of tasks are given up")
        return True

    def _wake(self) -> None:
        self._something.set()
        if self._writer is None or not self._writer.is_alive():
            self._writer = threading.Thread(target=self._write_on, name="task-counts", daemon=True)
            self._writer.start()

    def _write_on(self) -> None:
        while self._something.wait():
            self._urgent.wait(PERIOD)
            self._urgent.clear()
            self._something.clear()
            try:
                if not self.flush():
                    self._something.set()
            finally:
                connections.close_all()
