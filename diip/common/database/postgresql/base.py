"""PostgreSQL with an end to every wait: for a connection, an answer, a commit, a COPY.

The server has the process's limit (`statement_timeout`): it holds also where the process is gone.
We count ourselves, too: a silent server ends nothing, a pooler in transaction mode knows no limit
of ours, and a shorter limit for some statements (a search) costs no statement of its own.
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
"""For `SELECT 1` on a kept connection, before a request is served on it."""
CANCEL_SECONDS = GRACE_SECONDS / 2
INTERVAL = 0.1
"""How often a wait looks up for signals: psycopg's own default."""
IDLE_IN_TRANSACTION_SECONDS = 60
CLIENT_CHECK_SECONDS = 5
"""How often the server looks whether we are still there while it works for us."""
KNOWS_CLIENT_CHECK = 140_000
"""PostgreSQL 14."""

T = TypeVar("T")


class Connection(psycopg.Connection[Any]):
    """Every wait passes here, but for connecting, which has `connect_timeout`."""

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
        """Ask the server to stop; whoever does not even answer that is left."""
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
"""psycopg, but for the class of its connections."""


class DatabaseWrapper(LimitedMixin, base.DatabaseWrapper):
    Database = _driver

    def was_ended(self, error: BaseException) -> bool:
        return isinstance(error, QueryCanceled)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        with silence.asking():
            return super().get_new_connection(conn_params)

    def is_usable(self) -> bool:
        """Also in a silence: what works is not thrown away because another was not answered."""
        with within(CHECK_SECONDS):
            is_usable = bool(super().is_usable())
        if is_usable:
            silence.end()
        return is_usable

    def _configure_connection(self, connection: Any) -> bool:
        is_changed = bool(super()._configure_connection(connection))  # type: ignore[misc]
        return _tell_limits(connection) or is_changed


def _tell_limits(connection: Connection) -> bool:
    """One statement a connection. A pooler hands connections on: what is said there is nobody's."""
    limit = process_limit()
    if limit is None or settings.DATABASE_POOLER == "transaction":
        return False
    said = {
        "statement_timeout": limit,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_SECONDS,
    }
    if connection.info.server_version >= KNOWS_CLIENT_CHECK:
        said["client_connection_check_interval"] = CLIENT_CHECK_SECONDS
    calls = ", ".join("set_config(%s, %s, false)" for _ in said)
    values = [part for name, seconds in said.items() for part in (name, f"{seconds * 1000:.0f}")]
    connection.execute(f"SELECT {calls}", values)
    return True
