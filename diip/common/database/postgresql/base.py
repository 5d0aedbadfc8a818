"""PostgreSQL backend with a time limit on every wait: connection, answer, commit, COPY.

The server enforces the process limit (`statement_timeout`), even after the process has ended.
The client enforces limits too: an unresponsive server cancels nothing, a pooler in transaction
mode keeps no session settings, and shorter limits (a search) then need no extra statement.
"""

from contextlib import suppress
from time import monotonic
from types import SimpleNamespace
from typing import Any, TypeVar

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base
from psycopg.abc import PQGen
from psycopg.errors import QueryCanceled, _WaitTimeout

from diip.common.database.limits import (
    GRACE_SECONDS,
    LOOK_SECONDS,
    LimitedMixin,
    can_be_given_up,
    is_given_up,
    process_limit,
    seconds_left,
    within,
)
from diip.common.database.silence import silence

CHECK_SECONDS = 2.0
"""Limit of `SELECT 1` that checks a persistent connection before a request."""
CANCEL_SECONDS = GRACE_SECONDS / 2
INTERVAL = 0.1
"""Seconds between checks for signals during a wait; psycopg's default."""
IDLE_IN_TRANSACTION_SECONDS = 60
CLIENT_CHECK_SECONDS = 5
"""Interval at which the server checks that the client is still connected."""
KNOWS_CLIENT_CHECK = 140_000
"""Minimum server version with `client_connection_check_interval`: PostgreSQL 14."""

T = TypeVar("T")


class Connection(psycopg.Connection[Any]):
    """Connection that limits every wait, except connecting (`connect_timeout`)."""

    def wait(self, gen: PQGen[T], interval: float = INTERVAL, timeout: float | None = None) -> T:
        limit = seconds_left() if timeout is None else None
        if limit is None:
            return super().wait(gen, interval, timeout)
        ends = monotonic() + limit
        longest = LOOK_SECONDS if can_be_given_up() else limit
        while True:
            left = max(0.0, ends - monotonic())
            try:
                return super().wait(gen, interval, min(left, longest))
            except _WaitTimeout:
                if left <= longest or is_given_up():
                    return self._wait_for_end(gen, interval)

    def _wait_for_end(self, gen: PQGen[T], interval: float) -> T:
        """Cancel the statement; close the connection if the server does not respond."""
        closes_at = monotonic() + GRACE_SECONDS
        is_heard = False
        with suppress(psycopg.Error):
            self.cancel_safe(timeout=CANCEL_SECONDS)
            is_heard = True
        try:
            return super().wait(gen, interval, max(0.0, closes_at - monotonic()))
        except _WaitTimeout:
            self.pgconn.finish()
            if not is_heard:
                silence.begin()
            raise psycopg.OperationalError("the database did not answer in time") from None


_driver: Any = SimpleNamespace(**{**vars(psycopg), "connect": Connection.connect})
"""psycopg with our connection class."""


class DatabaseWrapper(LimitedMixin, base.DatabaseWrapper):
    Database = _driver

    def was_ended(self, error: BaseException) -> bool:
        return isinstance(error, QueryCanceled)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        with silence.asking():
            return super().get_new_connection(conn_params)

    def is_usable(self) -> bool:
        """Check the connection; a working one ends a recorded outage."""
        with within(CHECK_SECONDS):
            is_usable = bool(super().is_usable())
        if is_usable:
            silence.end()
        return is_usable

    def _configure_connection(self, connection: Any) -> bool:
        is_changed = bool(super()._configure_connection(connection))  # type: ignore[misc]
        return _set_limits(connection) or is_changed


def _set_limits(connection: Connection) -> bool:
    """Send the limits to the server; return True if a statement was executed.

    Not behind a transaction pooler: the settings would reach other clients' connections.
    """
    limit = process_limit()
    if limit is None or settings.DATABASE_POOLER == "transaction":
        return False
    limits = {
        "statement_timeout": limit,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_SECONDS,
    }
    if connection.info.server_version >= KNOWS_CLIENT_CHECK:
        limits["client_connection_check_interval"] = CLIENT_CHECK_SECONDS
    calls = ", ".join("set_config(%s, %s, false)" for _ in limits)
    values = [part for name, seconds in limits.items() for part in (name, f"{seconds * 1000:.0f}")]
    connection.execute(f"SELECT {calls}", values)
    return True
