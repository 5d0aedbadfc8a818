"""Compare a migrated database with the recorded rows."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.upgrade.tables import Table, columns_by_table, select


@dataclass(frozen=True)
class Renames:
    """Intended changes of later migrations, by recorded names."""

    tables: Mapping[str, str] = field(default_factory=dict)
    """Table: its name today."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """`table.column`: the column's name today."""
    not_kept: Mapping[str, str] = field(default_factory=dict)
    """Dropped table, or dropped or rewritten `table.column`: the reason."""

    def find_unknown(self, tables: Collection[Table]) -> set[str]:
        """Return names that are not in the recorded schema."""
        names = {table.name for table in tables}
        columns = {f"{table.name}.{column}" for table in tables for column in table.columns}
        return {*self.tables, *self.columns, *self.not_kept} - names - columns


def find_losses(
    database: Any, tables: Collection[Table], renames: Renames | None = None
) -> list[str]:
    """Describe each missing table or column, each lost or changed row."""
    renames = renames or Renames()
    present = columns_by_table(database)
    return [
        loss
        for table in tables
        if table.name not in renames.not_kept
        for loss in _losses_of(database, table, present, renames)
    ]


def _losses_of(
    database: Any, table: Table, present: Mapping[str, set[str]], renames: Renames
) -> Iterator[str]:
    name = renames.tables.get(table.name, table.name)
    if name not in present:
        yield f"{name}: there is no such table"
        return
    today = {
        column: renames.columns.get(f"{table.name}.{column}", column)
        for column in table.columns
        if f"{table.name}.{column}" not in renames.not_kept
    }
    missing = set(today.values()) - present[name]
    if missing:
        yield f"{name}: there is no column {', '.join(sorted(missing))}"
        return
    yield from _lost_rows(database, table, name, today)


def _lost_rows(database: Any, table: Table, name: str, today: Mapping[str, str]) -> Iterator[str]:
    """Compare rows; `today` maps recorded to present column names."""
    kinds = {new: table.columns[old] for old, new in today.items()}
    now = select(database, name, today[table.key], kinds).by_key()
    for key, row in table.by_key().items():
        if key not in now:
            yield f"{name}: row {key} is lost"
            continue
        changed = [old for old, new in today.items() if now[key][new] != row[old]]
        if changed:
            yield f"{name}: row {key} has another {', '.join(changed)}"
