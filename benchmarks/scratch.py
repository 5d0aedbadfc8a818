"""Scratch databases, created empty for each measurement and dropped at the end.

In a process with Django on the base database, `Scratch` copies the base and switches Django to the
copy. `base_database` creates and drops the base, in the parent process.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.conninfo import make_conninfo

DJANGOS_OWN_OPTIONS = ("pool", "server_side_binding", "isolation_level", "assume_role")


@contextmanager
def base_database(server: str, name: str) -> Iterator[str]:
    """Yield the URL of a new PostgreSQL database on the server of the URL `server`."""
    with psycopg.connect(_at(server, "postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield _at(server, name)
        finally:
            found = connection.execute(
                "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [name]
            )
            for (each,) in found.fetchall():
                connection.execute(f'DROP DATABASE "{each}" WITH (FORCE)')


def _at(server: str, database: str) -> str:
    scheme, place, _, query, _ = urlsplit(server)
    return urlunsplit((scheme, place, f"/{database}", query, ""))


class Scratch:
    """Copies of Django's initial database, which stays migrated and empty."""

    def __init__(self) -> None:
        from django.core.management import call_command  # noqa: PLC0415 - after django.setup
        from django.db import connection  # noqa: PLC0415

        self._connection = connection
        self.base = str(connection.settings_dict["NAME"])
        self.is_postgresql = connection.vendor == "postgresql"
        call_command("migrate", verbosity=0)
        connection.close()

    @property
    def backend(self) -> int | None:
        """Return the process id of Django's backend; None without one."""
        self._connection.ensure_connection()
        if not self.is_postgresql:
            return None
        return int(self._connection.connection.info.backend_pid)

    def path(self, name: str) -> str:
        return f"{self.base}_{name}"

    def fresh(self, name: str) -> None:
        """Switch Django to a new, empty copy."""
        self._connection.close()
        self._copy_postgresql(name) if self.is_postgresql else self._copy_sqlite(name)
        self.use(name)

    def use(self, name: str) -> None:
        self._connection.close()
        self._connection.settings_dict["NAME"] = self.path(name)

    def conninfo(self, name: str) -> str:
        """Return the connection string for a separate connection."""
        settings = self._connection.settings_dict
        given = {key: str(settings[key.upper()]) for key in ("user", "password", "host", "port")}
        given = {key: value for key, value in given.items() if value}
        options = {
            key: str(value)
            for key, value in settings["OPTIONS"].items()
            if key not in DJANGOS_OWN_OPTIONS
        }
        return make_conninfo(**options | given | {"dbname": name})

    def _copy_postgresql(self, name: str) -> None:
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as server:
            copy = self.path(name)
            server.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
            server.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{self.base}"')

    def _copy_sqlite(self, name: str) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(self.path(name) + suffix).unlink(missing_ok=True)
        shutil.copyfile(self.base, self.path(name))
