"""Readiness checks: database, applied migrations and broker."""

from collections.abc import Callable
from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from monitoring import broker


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def migrations_are_applied() -> bool:
    try:
        return _remember_applied()
    except (DatabaseError, _Unapplied):
        return False


class _Unapplied(Exception):
    """Signal of missing migrations: an exception, so that only success is cached."""


@cache
def _remember_applied() -> bool:
    """Check the migrations once: reading all files is slow, and applied ones stay applied."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise _Unapplied
    return True


CHECKS: dict[str, Callable[[], bool]] = {
    "database": database_answers,
    "migrations": migrations_are_applied,
    "broker": broker.is_answering,
}


def find_what_is_down() -> list[str]:
    return [name for name, works in CHECKS.items() if not works()]
