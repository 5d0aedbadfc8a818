"""Circuit breaker for a database that does not respond.

Without it each request would wait for the database until its timeout, and no thread would be left
for health checks.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

from psycopg import OperationalError
from psycopg.errors import ConnectionTimeout

REST_SECONDS = 1.0
"""Pause between two attempts to connect during an outage."""


class Silence:
    """Outage state: while it lasts, one thread tries to connect and the others fail at once."""

    def __init__(self) -> None:
        self.lasts = False
        self._next_attempt_at = 0.0
        self._attempt = Lock()

    def begin(self) -> None:
        self.lasts = True
        self._next_attempt_at = monotonic() + REST_SECONDS

    def end(self) -> None:
        """End the outage after a successful answer."""
        self.lasts = False

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Guard one attempt to connect. Raises OperationalError during an outage."""
        if not self.lasts:
            with self._noticing():
                yield
            return
        lock = self._attempt
        if monotonic() < self._next_attempt_at or not lock.acquire(blocking=False):
            raise OperationalError("the database does not respond; the next attempt follows soon")
        try:
            with self._noticing():
                yield
            self.end()
        finally:
            lock.release()

    @contextmanager
    def _noticing(self) -> Iterator[None]:
        try:
            yield
        except ConnectionTimeout:
            self.begin()
            raise

    def forget(self) -> None:
        """Reset in a forked child: the thread that holds the lock exists only in the parent."""
        self.lasts = False
        self._next_attempt_at = 0.0
        self._attempt = Lock()


silence = Silence()
os.register_at_fork(after_in_child=silence.forget)
