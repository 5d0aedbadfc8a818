"""The simulated issues list: complete in every order, and cheap at a million."""

import pytest

from simulator.clock import stamp
from simulator.github.paging import cursor_of
from simulator.tests.simulated import ALL, ENGINE, ROOT, Reader, link, query_of, reader

__all__ = ["reader"]

LIST = f"{ENGINE}/issues"


@pytest.fixture(scope="module")
def million() -> Reader:
    return Reader(issues=1_000_000)


# --- paging ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("paging", ["cursor", "number"])
@pytest.mark.parametrize("sort", ["created", "updated", "comments"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_every_order_shows_every_row_once(paging, sort, direction):
    reader = Reader(paging=paging)

    rows = reader.read_all(f"{LIST}?state=all&sort={sort}&direction={direction}&per_page=30")

    assert sorted(row["number"] for row in rows) == list(range(1, 251))
    key = {"created": "created_at", "updated": "updated_at", "comments": "comments"}[sort]
    values = [row[key] for row in rows]
    assert values == sorted(values, reverse=direction == "desc")


@pytest.mark.parametrize("paging", ["cursor", "number"])
def test_states_divide_the_list(paging):
    reader = Reader(paging=paging)

    rows = {s: reader.read_all(f"{LIST}?state={s}&per_page=17") for s in ("open", "closed", "all")}

    assert {row["state"] for row in rows["open"]} == {"open"}
    assert {row["state"] for row in rows["closed"]} == {"closed"}
    numbers = [row["number"] for row in rows["open"] + rows["closed"]]
    assert sorted(numbers) == sorted(row["number"] for row in rows["all"])


def test_open_ones_newest_first_thirty_to_a_page_unless_asked_otherwise(reader):
    rows = reader.read(LIST)

    assert len(rows) == 30
    assert {row["state"] for row in rows} == {"open"}
    assert [row["number"] for row in rows] == sorted((r["number"] for r in rows), reverse=True)


def test_more_than_a_hundred_to_a_page_are_silently_a_hundred(reader):
    assert len(reader.read(f"{LIST}?state=all&per_page=500")) == 100


def test_cursor_link_names_the_repository_by_id_and_no_last_page(reader):
    reader.ask(ALL)

    url = link(reader.replies[-1], "next")

    assert url.startswith(
        f"{ROOT}/github/repositories/{reader.github.repository('octo/engine').id}"
    )
    assert query_of(url).startswith("state=all&sort=created&direction=asc&per_page=100&after=")
    assert not link(reader.replies[-1], "last")


def test_number_links_go_both_ways():
    reader = Reader(paging="number")

    reply = reader.ask(f"{LIST}?state=all&per_page=100&page=2")

    pages = {name: query_of(link(reply, name))[-6:] for name in ("prev", "next", "last", "first")}
    assert pages == {"prev": "page=1", "next": "page=3", "last": "page=3", "first": "page=1"}


def test_last_page_has_no_next(reader):
    reader.read_all(ALL)

    assert "Link" not in reader.replies[-1].headers


@pytest.mark.parametrize("query", ["per_page=100&page=100", "page=101", "per_page=50&page=200"])
def test_page_numbers_end_where_the_real_ones_do(reader, query):
    reply = reader.ask(f"{LIST}?state=all&{query}")

    assert reply.status == 422
    assert b"use cursor based pagination (after/before)" in reply.body
    assert reader.ask(f"{LIST}?state=all&per_page=100&page=99").status == 200


def test_enterprise_pages_go_on_by_number():
    reader = Reader(issues=10_001, paging="number")

    rows = reader.read(f"{LIST}?state=all&sort=created&direction=asc&per_page=100&page=101")

    assert [row["number"] for row in rows] == [10_001]


def test_broken_cursor_is_refused(reader):
    assert reader.ask(f"{ALL}&after=nonsense").status == 422
    assert reader.ask(f"{ALL}&after=%%%").status == 422


@pytest.mark.parametrize(("paging", "lost"), [("cursor", 0), ("number", 1)])
def test_deleting_while_paging_shifts_numbers_but_not_cursors(paging, lost):
    reader = Reader(paging=paging)
    first = reader.read(ALL)
    next_url = link(reader.replies[-1], "next")

    reader.changes.delete(first[4]["number"])
    rest = reader.read_all(next_url)

    assert 250 - len({row["id"] for row in first + rest}) == lost


# --- since ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [5, 60, 400, 720])
@pytest.mark.parametrize("few_ticks", [8_000, 1])
def test_since_shows_what_was_updated_since_and_nothing_else(reader, days, few_ticks, monkeypatch):
    monkeypatch.setattr("simulator.github.lists._FEW_TICKS", few_ticks)
    reader.changes.touch_some(9)
    since = stamp(int(reader.github.options.until.timestamp()) - days * 86_400)
    everything = reader.read_all(ALL)

    rows = reader.read_all(f"{ALL}&since={since}")

    wanted = [row["number"] for row in everything if row["updated_at"] >= since]
    assert [row["number"] for row in rows] == wanted


def test_since_that_is_no_time_is_ignored(reader):
    assert len(reader.read_all(f"{ALL}&since=yesterday")) == 250


def test_since_1970_finds_nothing(reader):
    assert reader.read(f"{ALL}&since=1970-01-01T00:00:00Z") == []


def test_since_the_exact_second_of_a_change_includes_it(reader):
    reader.changes.close(3)

    rows = reader.read(f"{ALL}&since={stamp(reader.clock.now())}")

    assert [row["number"] for row in rows] == [3]


# --- a million ------------------------------------------------------------------------------------


def worked_for(reader: Reader, target: str) -> int:
    """How many lives the simulator works out to answer."""
    history = reader.github.repository("octo/engine").history
    before = history.worked
    assert reader.ask(target).status == 200
    return history.worked - before


def test_first_page_of_a_million_costs_a_page(million):
    assert worked_for(million, ALL) <= 100
    assert worked_for(million, f"{LIST}?state=open&per_page=50") <= 500


def test_deep_page_of_a_million_costs_a_page(million):
    history = million.github.repository("octo/engine").history
    place = cursor_of((history.rhythm.tick(500_000), history.issue_id(500_000)))

    cost = worked_for(million, f"{ALL}&after={place}")

    rows = million.read(f"{ALL}&after={place}")
    assert [row["number"] for row in rows] == list(range(500_001, 500_101))
    assert cost <= 100


def test_since_now_touches_only_what_changed(million):
    million.changes.touch_some(100)
    since = stamp(million.clock.now())
    history = million.github.repository("octo/engine").history

    before = history.worked
    rows = million.read(f"{ALL}&since={since}")

    assert len(rows) == 100
    assert history.worked == before


@pytest.mark.parametrize(
    "feed", ["events?per_page=100", "comments?per_page=100&since=2026-10-31T23:00:00Z"]
)
def test_feeds_of_a_million_cost_a_page(million, feed):
    assert worked_for(million, f"{LIST}/{feed}") <= 300
