"""The upgrade test sees every harm a migration can do to rows."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.upgrade.comparison import Renames, find_losses
from tests.upgrade.sequences import find_lowered_ids, read_last_ids
from tests.upgrade.tables import Recorded, Table, dump, insert, load, select

COLUMNS = {
    "id": "plain", "at": "datetime", "day": "date", "code": "uuid", "data": "json",
    "raw": "binary", "done": "boolean", "size": "plain",
}  # fmt: skip
ROWS = [
    [1, "2026-01-31T12:00:00.000007+00:00", "2026-01-31", "257925ea-23ae-41e5-95d7-250c8e4be60e",
     {"a": [1, None, "ä"]}, "/wA=", True, 0.1],
    [2, None, None, None, [], None, False, 2],
]  # fmt: skip
THING = Table("thing", "id", COLUMNS, ROWS)


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        columns = ", ".join(name for name in COLUMNS if name != "id")
        connection.execute(f"CREATE TABLE thing (id INTEGER PRIMARY KEY AUTOINCREMENT, {columns})")
        insert(connection, THING)
        yield connection


def test_rows_come_back_as_they_were_recorded(database: sqlite3.Connection) -> None:
    recorded = Recorded([("app", "0001_initial")], {"thing": THING})

    assert load(dump(recorded)) == recorded
    assert select(database, "thing", "id", COLUMNS).rows == ROWS
    assert find_losses(database, [THING]) == []


def test_sqlite_holds_values_in_the_form_of_django(database: sqlite3.Connection) -> None:
    stored = database.execute("SELECT at, day, code, data, raw, done FROM thing").fetchone()

    assert stored == (
        "2026-01-31 12:00:00.000007",
        "2026-01-31",
        "257925ea23ae41e595d7250c8e4be60e",
        '{"a": [1, null, "\\u00e4"]}',
        b"\xff\x00",
        1,
    )


@pytest.mark.parametrize(
    ("harm", "loss"),
    [
        ("DELETE FROM thing WHERE id = 2", "thing: row 2 is lost"),
        ("UPDATE thing SET id = 3 WHERE id = 2", "thing: row 2 is lost"),
        ("UPDATE thing SET data = '{}' WHERE id = 1", "thing: row 1 has another data"),
        ("UPDATE thing SET at = '2026-01-31 12:00:00'", "thing: row 1 has another at"),
        ("UPDATE thing SET done = 0", "thing: row 1 has another done"),
        ("ALTER TABLE thing DROP COLUMN size", "thing: there is no column size"),
        ("ALTER TABLE thing RENAME COLUMN size TO bytes", "thing: there is no column size"),
        ("ALTER TABLE thing RENAME TO item", "thing: there is no such table"),
        ("DROP TABLE thing", "thing: there is no such table"),
    ],
)
def test_a_harm_is_seen(database: sqlite3.Connection, harm: str, loss: str) -> None:
    database.execute(harm)

    assert find_losses(database, [THING])[0] == loss


@pytest.mark.parametrize(
    ("change", "renames"),
    [
        ("ALTER TABLE thing RENAME TO item", Renames(tables={"thing": "item"})),
        ("ALTER TABLE thing RENAME COLUMN size TO bytes", Renames(columns={"thing.size": "bytes"})),
        ("ALTER TABLE thing RENAME COLUMN id TO number", Renames(columns={"thing.id": "number"})),
        ("ALTER TABLE thing DROP COLUMN size", Renames(not_kept={"thing.size": "no use"})),
        ("DROP TABLE thing", Renames(not_kept={"thing": "no use"})),
    ],
)
def test_a_change_on_purpose_is_no_loss(
    database: sqlite3.Connection, change: str, renames: Renames
) -> None:
    before = read_last_ids(database, [THING])
    database.execute(change)

    assert find_losses(database, [THING], renames) == []
    assert renames.find_unknown([THING]) == set()
    now = read_last_ids(database, [THING], renames)
    assert find_lowered_ids(before, now, renames) == []


def test_a_renamed_table_is_compared_too(database: sqlite3.Connection) -> None:
    database.execute("ALTER TABLE thing RENAME TO item")
    database.execute("DELETE FROM item WHERE id = 1")

    assert find_losses(database, [THING], Renames(tables={"thing": "item"})) == [
        "item: row 1 is lost"
    ]


def test_an_id_that_could_come_twice_is_seen(database: sqlite3.Connection) -> None:
    before = read_last_ids(database, [THING])
    database.execute("UPDATE sqlite_sequence SET seq = 1")

    now = read_last_ids(database, [THING])

    assert before == {"thing": 2}
    assert find_lowered_ids(before, now) == ["thing"]
    assert find_lowered_ids(before, {}) == ["thing"]


def test_a_rename_of_what_was_not_recorded_is_refused() -> None:
    renames = Renames({"thing": "item", "old": "new"}, {"thing.colour": "hue"}, {"gone": "why"})

    assert renames.find_unknown([THING]) == {"old", "thing.colour", "gone"}
