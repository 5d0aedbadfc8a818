"""Upserts and look-ups for PostgreSQL and SQLite.

PostgreSQL receives a whole batch as one JSON parameter (`json_to_recordset`): as fast as COPY into
a temporary table (measured: docs/adr/0009), without creating a table per transaction. SQLite
receives a prepared `executemany`.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

import msgspec
from django.db import connection
from django.db.models import Model

Row = Sequence[object]


@dataclass(frozen=True)
class Upsert:
    """Insert of `columns`; on conflict updates `replace` columns where `only_if` holds.

    In `only_if`, `old` and `new` name the stored and the incoming row. `expressions` are SQL around
    a column's value (`{}`), for PostgreSQL only.
    """

    model: type[Model]
    columns: tuple[str, ...]
    conflict: tuple[str, ...]
    replace: tuple[str, ...] = ()
    only_if: str = "TRUE"
    expressions: dict[str, str] = field(default_factory=dict)

    def write(self, rows: Sequence[Row]) -> int:
        """Write the rows; return the number inserted or replaced."""
        if not rows:
            return 0
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                offered = [dict(zip(self.columns, row, strict=True)) for row in rows]
                cursor.execute(self._for_postgresql, [msgspec.json.encode(offered).decode()])
            else:
                cursor.executemany(self._for_sqlite, [_plain(row) for row in rows])
            return int(cursor.rowcount)

    @cached_property
    def _for_postgresql(self) -> str:
        types = ", ".join(f"{name} {self._type(name)}" for name in self.columns)
        values = ", ".join(self.expressions.get(name, "{}").format(name) for name in self.columns)
        return self._statement(
            f"SELECT {values} FROM json_to_recordset(%s) AS offered ({types})"  # noqa: S608
        )

    @cached_property
    def _for_sqlite(self) -> str:
        return self._statement(f"VALUES ({', '.join(['%s'] * len(self.columns))})")

    def _statement(self, source: str) -> str:
        # S608: names come from the models and this package, values are parameters.
        return (
            f"INSERT INTO {self.model._meta.db_table} AS old ({', '.join(self.columns)}) {source} "
            f"ON CONFLICT ({', '.join(self.conflict)}) {self._on_conflict()}"
        )

    def _on_conflict(self) -> str:
        if not self.replace:
            return "DO NOTHING"
        changes = ", ".join(f"{name} = excluded.{name}" for name in self.replace)
        return f"DO UPDATE SET {changes} WHERE {self.only_if.replace('new.', 'excluded.')}"

    def _type(self, column: str) -> str:
        if column in self.expressions:
            return "text"
        fields = {field.column: field for field in self.model._meta.concrete_fields}
        return str(fields[column].db_type(connection))


@dataclass(frozen=True)
class Find:
    """Look-up by one column of a unique key, with constant others.

    A plain `IN` list is slow on PostgreSQL: while statistics lack the first column's value (a new
    integration), every page would scan all rows of that integration.
    """

    model: type[Model]
    columns: tuple[str, ...]
    same: tuple[str, ...]
    by: str

    def rows(self, same: Sequence[int | str], values: Iterable[str]) -> list[tuple[Any, ...]]:
        """Return `columns` of rows where `same` columns match and `by` is in `values`."""
        wanted = list(values)
        if not wanted:
            return []
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(self._for_postgresql, [wanted, *same])
            else:
                cursor.execute(self._for_sqlite, [*same, json.dumps(wanted)])
            return [tuple(aware(value) for value in row) for row in cursor.fetchall()]

    @cached_property
    def _for_postgresql(self) -> str:
        # S608: names come from the models and this package, values are parameters.
        return (
            f"SELECT found.* FROM unnest(%s::text[]) AS wanted (value), LATERAL ("  # noqa: S608
            f"{self._select} AND {self.by} = wanted.value LIMIT 1) AS found"
        )

    @cached_property
    def _for_sqlite(self) -> str:
        return f"{self._select} AND {self.by} IN (SELECT value FROM json_each(%s))"  # noqa: S608

    @cached_property
    def _select(self) -> str:
        same = " AND ".join(f"{name} = %s" for name in self.same)
        table = self.model._meta.db_table
        return f"SELECT {', '.join(self.columns)} FROM {table} WHERE {same}"  # noqa: S608


def aware(value: object) -> object:
    """Add UTC to the naive datetimes returned by SQLite."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


def _plain(row: Row) -> list[Any]:
    return [_PLAIN[type(value)](value) if type(value) in _PLAIN else value for value in row]


_PLAIN: dict[type, Callable[[Any], str]] = {
    datetime: lambda moment: str(moment.replace(tzinfo=None).isoformat(" ")),
    date: date.isoformat,
    dict: lambda value: msgspec.json.encode(value).decode(),
    list: lambda value: msgspec.json.encode(value).decode(),
}
"""Django's own storage formats on SQLite: naive UTC text, and JSON as text."""
