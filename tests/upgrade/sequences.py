"""Read and set the last id that each table assigned."""

from collections.abc import Collection, Mapping
from typing import Any

from tests.upgrade.comparison import Renames
from tests.upgrade.tables import POSTGRESQL, Table, dialect_of


def move_sequences(database: Any, tables: Collection[Table]) -> None:
    """Set PostgreSQL's sequences to the largest ids; SQLite does it itself."""
    for table in tables:
        largest = max(table.by_key())
        if isinstance(largest, int):
            sequence = "pg_get_serial_sequence(%s, %s)"  # null: not numbered by the database
            database.execute(f"SELECT setval({sequence}, %s)", (table.name, table.key, largest))


def read_last_ids(
    database: Any, tables: Collection[Table], renames: Renames | None = None
) -> dict[str, int]:
    """Return the last id by recorded table; unnumbered tables are left out."""
    renames = renames or Renames()
    ids = {
        table.name: _read_last_id(
            database,
            renames.tables.get(table.name, table.name),
            renames.columns.get(f"{table.name}.{table.key}", table.key),
        )
        for table in tables
        if table.name not in renames.not_kept
    }
    return {name: last for name, last in ids.items() if last is not None}


def _read_last_id(database: Any, table: str, key: str) -> int | None:
    if dialect_of(database) is POSTGRESQL:
        statement = "SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, %s)::regclass)"
        row = database.execute(statement, (table, key)).fetchone()
    else:
        statement = "SELECT seq FROM sqlite_sequence WHERE name = ?"
        row = database.execute(statement, (table,)).fetchone()
    return row[0] if row else None


def find_lowered_ids(
    before: Mapping[str, int], now: Mapping[str, int], renames: Renames | None = None
) -> list[str]:
    """Return recorded tables that could assign an id twice."""
    not_kept = renames.not_kept if renames else {}
    return [n for n, last in before.items() if n not in not_kept and now.get(n, 0) < last]
