"""Convert rows between JSON values and each database, without models."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg

Row = Sequence[Any]
Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class Table:
    name: str
    key: str
    """Column of the primary key."""
    columns: Mapping[str, str]
    """Kind by name: boolean, datetime, date, uuid, json, binary, or plain."""
    rows: Sequence[Row]
    """By key. Times are ISO 8601 in UTC, bytes are Base64."""

    def by_key(self) -> dict[Any, dict[str, Any]]:
        """`{key: {column: value}}`."""
        named = (dict(zip(self.columns, row, strict=True)) for row in self.rows)
        return {row[self.key]: row for row in named}


@dataclass(frozen=True)
class Recorded:
    migrations: Sequence[tuple[str, str]]
    """Applied ones: app label, name."""
    tables: Mapping[str, Table]


def load(text: str) -> Recorded:
    data = json.loads(text)
    tables = {name: Table(name, **table) for name, table in data["tables"].items()}
    return Recorded([(app, name) for app, name in data["migrations"]], tables)


def dump(recorded: Recorded) -> str:
    """Write one line per migration and row, for readable diffs."""
    tables = ",\n".join(
        f'{json.dumps(table.name)}: {{"key": {json.dumps(table.key)},\n'
        f' "columns": {json.dumps(table.columns)},\n "rows": {_lines(table.rows)}}}'
        for table in recorded.tables.values()
    )
    return f'{{"migrations": {_lines(recorded.migrations)},\n"tables": {{\n{tables}\n}}}}\n'


def _lines(rows: Iterable[Row]) -> str:
    return "[\n  " + ",\n  ".join(json.dumps(list(row)) for row in rows) + "\n ]"


# --- databases ----------------------------------------------------------------------------------


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _sqlite_time(text: str) -> str:
    return str(datetime.fromisoformat(text).replace(tzinfo=None))


def _base64(value: bytes) -> str:
    return b64encode(value).decode()


@dataclass(frozen=True)
class Dialect:
    mark: str
    """Stands for a parameter."""
    write: Mapping[str, Convert]
    """By kind: JSON value to parameter."""
    read: Mapping[str, Convert]
    """By kind: the driver's value to JSON value."""


SQLITE = Dialect(
    "?",
    {"datetime": _sqlite_time, "uuid": lambda text: UUID(text).hex, "json": json.dumps,
     "binary": b64decode},
    {"datetime": lambda text: _utc(datetime.fromisoformat(text).replace(tzinfo=UTC)),
     "uuid": lambda text: str(UUID(text)), "json": json.loads, "binary": _base64,
     "boolean": bool},
)  # fmt: skip
POSTGRESQL = Dialect(
    "%s",
    {"json": json.dumps, "binary": b64decode},
    {"datetime": _utc, "date": date.isoformat, "uuid": str, "binary": _base64},
)


def dialect_of(connection: Any) -> Dialect:
    return POSTGRESQL if isinstance(connection, psycopg.Connection) else SQLITE


def insert(connection: Any, table: Table) -> None:
    dialect = dialect_of(connection)
    columns = ", ".join(f'"{column}"' for column in table.columns)
    marks = ", ".join(dialect.mark for _ in table.columns)
    convert = [dialect.write.get(kind) for kind in table.columns.values()]
    connection.cursor().executemany(
        f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})',
        [_convert(row, convert) for row in table.rows],
    )


def select(connection: Any, name: str, key: str, columns: Mapping[str, str]) -> Table:
    """Raises the driver's error where a table or column is missing."""
    names = ", ".join(f'"{column}"' for column in columns)
    rows = connection.execute(f'SELECT {names} FROM "{name}" ORDER BY "{key}"').fetchall()
    convert = [dialect_of(connection).read.get(kind) for kind in columns.values()]
    return Table(name, key, columns, [_convert(row, convert) for row in rows])


def _convert(row: Row, converts: Sequence[Convert | None]) -> list[Any]:
    return [
        value if value is None or convert is None else convert(value)
        for value, convert in zip(row, converts, strict=True)
    ]


def columns_by_table(connection: Any) -> dict[str, set[str]]:
    """Return columns by table, without views and SQLite's own tables."""
    if dialect_of(connection) is POSTGRESQL:
        statement = """
            SELECT table_name, column_name FROM information_schema.columns
            JOIN information_schema.tables USING (table_schema, table_name)
            WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'
        """
    else:
        statement = """
            SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c
            WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite~_%' ESCAPE '~'
        """
    found: dict[str, set[str]] = {}
    for table, column in connection.execute(statement):
        found.setdefault(table, set()).add(column)
    return found
