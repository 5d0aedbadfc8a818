"""Record a filled database of the present tree: python -m tests.upgrade.record"""

import os
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.upgrade import FILE, SETTINGS
from tests.upgrade.tables import Recorded, columns_by_table, dump, select

KINDS = {
    "BooleanField": "boolean",
    "DateTimeField": "datetime",
    "DateField": "date",
    "UUIDField": "uuid",
    "JSONField": "json",
    "BinaryField": "binary",
}
"""Kinds stored differently by SQLite and PostgreSQL; others are plain."""
DERIVED = {
    "django_migrations",
    *("issue_search", "issue_search_config", "issue_search_data", "issue_search_docsize"),
    "issue_search_idx",
}
"""Tables that migrations and triggers fill."""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="diip-record-") as folder:
        prepare(Path(folder))
        with closing(sqlite3.connect(Path(folder) / "diip.sqlite3")) as database:
            recorded = read(database)
    FILE.write_text(dump(recorded))
    rows = sum(len(table.rows) for table in recorded.tables.values())
    size = FILE.stat().st_size
    sys.stdout.write(f"{rows} rows of {len(recorded.tables)} tables, {size:,} bytes: {FILE}\n")


def prepare(folder: Path) -> None:
    """Migrate and fill a SQLite file in `folder`."""
    os.environ.pop("DATABASE_URL", None)
    os.environ |= {"DIIP_VAR_DIR": str(folder), "DIIP_ENV_FILE": "", **SETTINGS}
    os.environ |= {"DJANGO_SETTINGS_MODULE": "diip.settings"}
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from django.db import connection

    from tests.upgrade.fill import fill_everything

    fill_everything()
    connection.close()


def read(database: sqlite3.Connection) -> Recorded:
    statement = "SELECT app, name FROM django_migrations ORDER BY app, name"
    migrations = database.execute(statement).fetchall()
    kinds = describe_tables()
    refuse_gaps(columns_by_table(database), kinds)
    tables = {name: select(database, name, key, columns) for name, (key, columns) in kinds.items()}
    empty = [name for name, table in tables.items() if not table.rows]
    if empty:
        sys.exit(f"record: tests/upgrade/fill.py makes no row of {', '.join(empty)}")
    return Recorded(migrations, tables)


def describe_tables() -> dict[str, tuple[str, dict[str, str]]]:
    """Return `{table: (key, {column: kind})}` of this tree's models."""
    from django.apps import apps

    models = apps.get_models(include_auto_created=True)
    return {
        model._meta.db_table: (
            model._meta.pk.column,
            {
                field.column: KINDS.get(stored_type(field), "plain")
                for field in model._meta.local_concrete_fields
            },
        )
        for model in sorted(models, key=lambda model: model._meta.db_table)
        if model._meta.managed and not model._meta.proxy
    }


def stored_type(field: Any) -> str:
    """Return the field type; for foreign keys that of their target."""
    return str((field.target_field if field.is_relation else field).get_internal_type())


def refuse_gaps(
    present: dict[str, set[str]], described: dict[str, tuple[str, dict[str, str]]]
) -> None:
    """Exit if a table or column belongs to no model."""
    missing = {
        f"{table}.{column}"
        for table, columns in present.items()
        if table not in DERIVED
        for column in columns - set(described.get(table, ("", {}))[1])
    }
    if missing:
        sys.exit(f"record: no model has {', '.join(sorted(missing))}")


if __name__ == "__main__":
    main()
