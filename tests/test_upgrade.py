"""Upgrade a recorded database of an earlier tree: every row stays, and works.

The record is plain values (`tests/upgrade/`), independent of today's models.
`RENAMES` names what migrations rename or drop on purpose, until the next recording.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.installation import Installation
from tests.platform import own_database
from tests.upgrade import EMAIL, FILE, SETTINGS, TOKEN
from tests.upgrade.comparison import Renames, find_losses
from tests.upgrade.record import DERIVED
from tests.upgrade.sequences import find_lowered_ids, move_sequences, read_last_ids
from tests.upgrade.tables import (
    POSTGRESQL,
    Recorded,
    Table,
    columns_by_table,
    dialect_of,
    insert,
    load,
)

RENAMES = Renames(
    columns={
        "integrations_syncrun.seen": "records_seen",
        "analytics_alertdelivery.milliseconds": "duration_ms",
    },
    not_kept={
        "integrations_syncrun.kind": "`renormalise` became `remap`",
        "integrations_syncrun.trigger": "`connected` became `initial`",
    },
)

INDEX_WORDS = """
UPDATE issues_issue SET search_terms = array_to_tsvector(
    array_remove(regexp_split_to_array(lower(title || ' ' || body), '[^[:alnum:]]+'), '')
)
"""
"""Fills PostgreSQL's search column; SQLite fills its own by triggers."""


@dataclass
class Upgrade:
    """The recorded rows in a database of the recorded schema."""

    recorded: Recorded
    installation: Installation
    connect: Callable[[], Any]

    @property
    def tables(self) -> list[Table]:
        return list(self.recorded.tables.values())

    def restore(self) -> None:
        self.installation.must("-m", "tests.upgrade.migrate_back")
        with self.connect() as database:
            for table in self.tables:
                insert(database, table)
            if dialect_of(database) is POSTGRESQL:
                database.execute(INDEX_WORDS)
                move_sequences(database, self.tables)
            else:
                assert database.execute("PRAGMA foreign_key_check").fetchall() == []
            database.commit()


@pytest.fixture
def empty_database_url() -> Iterator[str | None]:
    """URL of an empty PostgreSQL database, not a copy; None: SQLite."""
    with own_database(template="") as url:
        yield url


@pytest.fixture
def upgrade(tmp_path: Path, empty_database_url: str | None) -> Upgrade:
    @contextmanager
    def connect() -> Iterator[Any]:
        if empty_database_url:
            with psycopg.connect(empty_database_url) as database:
                yield database
        else:
            with closing(sqlite3.connect(tmp_path / "var" / "diip.sqlite3")) as database:
                yield database

    installation = Installation(tmp_path / "var", empty_database_url, **SETTINGS)
    return Upgrade(load(FILE.read_text()), installation, connect)


@pytest.mark.e2e
def test_a_recorded_database_is_upgraded_and_used(upgrade: Upgrade) -> None:
    upgrade.restore()
    with upgrade.connect() as database:
        assert columns_by_table(database).keys() - DERIVED == upgrade.recorded.tables.keys()
        assert find_losses(database, upgrade.tables) == []
        last_ids = read_last_ids(database, upgrade.tables)
        assert len(last_ids) > 40

    upgrade.installation.must("manage.py", "migrate", "-v", "0")

    with upgrade.connect() as database:
        assert find_losses(database, upgrade.tables, RENAMES) == []
        now = read_last_ids(database, upgrade.tables, RENAMES)
        assert find_lowered_ids(last_ids, now, RENAMES) == []
    found = json.loads(upgrade.installation.must("-m", "tests.upgrade.use"))
    assert found == expect(upgrade.recorded)


def test_renames_name_what_was_recorded() -> None:
    recorded = load(FILE.read_text())

    assert RENAMES.find_unknown(recorded.tables.values()) == set()
    assert [name for name, table in recorded.tables.items() if not table.rows] == []


def expect(recorded: Recorded) -> dict[str, Any]:
    """Return what `tests.upgrade.use` should print for these rows."""
    users = recorded.tables["accounts_user"].by_key().values()
    user = next(row["id"] for row in users if row["email"] == EMAIL)
    members = recorded.tables["projects_membership"].by_key().values()
    projects = {row["project_id"] for row in members if row["user_id"] == user}

    def rows_of(name: str) -> list[dict[str, Any]]:
        rows = recorded.tables[name].by_key().values()
        return [row for row in rows if row["project_id"] in projects]

    def ids_of(name: str) -> list[int]:
        return sorted(row["id"] for row in rows_of(name))

    secrets = [row for name in recorded.tables for row in find_secrets(recorded.tables[name])]
    return {
        "secrets": {"tokens": [TOKEN], "current": len(secrets), "unreadable": 0},
        "projects": sorted(projects),
        "issues": ids_of("issues_issue"),
        "alerts": ids_of("analytics_alert"),
        "integrations": ids_of("integrations_integration"),
        "members": ids_of("projects_membership"),
        "opened": sum(row["opened"] for row in rows_of("analytics_analyticssummary")),
        "search_works": True,
        "created": max(recorded.tables["projects_project"].by_key()) + 1,
    }


def find_secrets(table: Table) -> list[str]:
    """Return ciphertexts bound to their row's id (not the canary)."""
    columns = [name for name in table.columns if name.endswith("_ciphertext")]
    return [row[name] for row in table.by_key().values() for name in columns if row[name]]
