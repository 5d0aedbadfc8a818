"""What a process knows of a database that is silent: taken for away until it answers again.

Without it each thread of a web process would find out for itself, with every request anew, and
none was left to say that the process lives.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

from psycopg import OperationalError
from psycopg.errors import ConnectionTimeout

REST_SECONDS = 1.0
"""After a question without an answer: who noticed the silence does not ask again at once."""


class Silence:
    """While it lasts one thread asks at a time; whoever else wants to connect fails at once."""

    def __init__(self) -> None:
        self.lasts = False
        self._asked_again_at = 0.0
        self._asking = Lock()

    def begin(self) -> None:
        self.lasts = True
        self._asked_again_at = monotonic() + REST_SECONDS

    def end(self) -> None:
        """Somebody was answered."""
        self.lasts = False

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Around the making of a connection."""
        if not self.lasts:
            with self._noticing():
                yield
            return
        place = self._asking
        if monotonic() < self._asked_again_at or not place.acquire(blocking=False):
            raise OperationalError("the database is silent; it is asked again in a moment")
        try:
            with self._noticing():
                yield
            self.end()
        finally:
            place.release()

    @contextmanager
    def _noticing(self) -> Iterator[None]:
        try:
            yield
        except ConnectionTimeout:
            self.begin()
            raise

    def forget(self) -> None:
        """In a child: the thread that asked is not there, its lock would be held for ever."""
        self.lasts = False
        self._asked_again_at = 0.0
        self._asking = Lock()


silence = Silence()
os.register_at_fork(after_in_child=silence.forget)
