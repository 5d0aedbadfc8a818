"""SQLite backend with the same statement limits as PostgreSQL.

SQLite's progress handler checks the limit during computation. Waiting for another writer has its
own limit (`timeout` in the options).
"""

import math
import sqlite3
from collections.abc import Iterable
from time import monotonic
from typing import Any

from django.db.backends.sqlite3 import base

from diip.common.database.limits import LOOK_SECONDS, LimitedMixin, is_given_up, seconds_left

STEPS = 10_000
"""Virtual machine steps between two checks: some tenths of a millisecond."""


class Connection(sqlite3.Connection):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._ends = self._looks_at = math.inf
        self.set_progress_handler(self._is_over, STEPS)

    def begin(self) -> None:
        """Start the time limit, for a statement or for fetching more rows."""
        seconds = seconds_left()
        if seconds is None:
            self._ends = self._looks_at = math.inf
        else:
            now = monotonic()
            self._ends, self._looks_at = now + seconds, now + LOOK_SECONDS

    def commit(self) -> None:
        self._ends = self._looks_at = math.inf
        super().commit()

    def rollback(self) -> None:
        self._ends = self._looks_at = math.inf
        super().rollback()

    def _is_over(self) -> bool:
        now = monotonic()
        if now > self._looks_at:
            self._looks_at = now + LOOK_SECONDS
            return now > self._ends or is_given_up()
        return now > self._ends


class Cursor(base.SQLiteCursorWrapper):
    """Cursor that limits fetching too, because SQLite computes rows on fetch."""

    connection: Connection

    def execute(self, query: str, params: Any = None) -> Any:
        self.connection.begin()
        return super().execute(query, params)

    def executemany(self, query: str, param_list: Iterable[Any]) -> Any:
        self.connection.begin()
        return super().executemany(query, param_list)

    def fetchone(self) -> Any:
        self.connection.begin()
        return super().fetchone()

    def fetchmany(self, size: int | None = None) -> Any:
        self.connection.begin()
        return super().fetchmany(self.arraysize if size is None else size)

    def fetchall(self) -> Any:
        self.connection.begin()
        return super().fetchall()

    def __next__(self) -> Any:
        self.connection.begin()
        return super().__next__()


class DatabaseWrapper(LimitedMixin, base.DatabaseWrapper):
    def was_ended(self, error: BaseException) -> bool:
        code = getattr(error, "sqlite_errorcode", None)
        return code == sqlite3.SQLITE_INTERRUPT

    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), "factory": Connection}

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=Cursor)
