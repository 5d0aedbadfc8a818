"""Guard against database connections in a process that forks.

A child inherits the open connections of its parent. With PostgreSQL, two processes then share one
socket. With SQLite, the child corrupts the file when it closes its copy: it cannot see the locks of
others, assumes that it is the last user and removes the log.
"""

import os
from functools import wraps

from django.db.backends.base.base import BaseDatabaseWrapper


class DatabaseForbidden(RuntimeError):
    """A process with pool children tried to connect to the database."""


def forbid_database() -> None:
    """Forbid connections in this process; processes that it forks can still connect."""
    forbidden_pid = os.getpid()
    connect_anyway = BaseDatabaseWrapper.connect

    @wraps(connect_anyway)
    def connect(self: BaseDatabaseWrapper) -> None:
        if os.getpid() == forbidden_pid:
            raise DatabaseForbidden(
                "The main process of a worker must not connect to the database: it forks."
                " Let a task do it."
            )
        connect_anyway(self)

    BaseDatabaseWrapper.connect = connect  # type: ignore[method-assign]
