"""Keeps a process that forks away from the database.

A child inherits its parent's open connections: two processes then talk over one socket to
PostgreSQL; with SQLite the child destroys the file when it drops its copy, for it knows nothing of
the locks of others, takes itself for the last one and removes the log.
"""

import os
from functools import wraps

from django.db.backends.base.base import BaseDatabaseWrapper


class DatabaseForbidden(RuntimeError):
    """A process with pool children tried to connect to the database."""


def forbid_database() -> None:
    """From now on this process cannot connect; processes that it forks can."""
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
