"""Nothing lost and nothing invented, while people change what is read."""

import random
from collections.abc import Callable, Iterator

import msgspec
import pytest

from integrations.models import FeedCursor
from integrations.providers.github.provider import GitHub
from simulator.server import TrackerServer
from tests.simulated_sync import Desk, make_desk
from tests.sync_truth import UNTIL, differences

TEN_THOUSAND_AND_ONE = 10_001


@pytest.fixture(scope="module")
def pointing() -> Iterator[TrackerServer]:
    """No pull requests; as github.com: pages by cursor."""
    with TrackerServer(issues=5, until=UNTIL, pull_share=0.0) as server:
        yield server


def number_pages(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> None:
    """As older GitHub Enterprise: pages by number, positions shift."""
    github = desk.server.github
    options = msgspec.structs.replace(github.options, paging="number")
    monkeypatch.setattr(github, "options", options)
    github.repository(desk.repository).version += 1  # pages kept from before are of no use


@pytest.mark.long
def test_repository_of_10001_issues_is_complete_page_by_cursor_and_page_by_number(
    pointing: TrackerServer, open_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GitHub, "feeds", ("issues",))
    by_cursor = open_desk(pointing, TEN_THOUSAND_AND_ONE)
    by_number = make_desk(pointing, repository=by_cursor.repository)

    runs = [by_cursor.sync()]
    number_pages(monkeypatch, by_number)
    runs.append(by_number.sync())

    asked = [seen for seen in by_cursor.requests() if int(seen.query.get("page", 0)) > 1]
    truth = by_cursor.truth()
    for run, desk in zip(runs, [by_cursor, by_number], strict=True):
        assert (run.state, run.issues_created, run.pages) == ("succeeded", 10_001, 102)
        assert run.local_total == 10_001
        assert differences(desk.tables(), truth, history=False) == {}
    assert [("after" in seen.query) for seen in asked] == [True] * 100 + [False] * 100


# --- changes while one reads ----------------------------------------------------------------------


def change_something(desk: Desk, dice: random.Random) -> None:
    repository, changes = desk.server.github.repository(desk.repository), desk.changes
    number = dice.choice(list(repository.numbers()))
    match dice.choice(["create", "touch", "title", "close", "reopen", "comment", "label"]):
        case "create":
            changes.create(title=f"Found meanwhile {dice.random()}", labels=["bug"])
        case "touch":
            changes.touch(number)
        case "title":
            changes.edit(number, title=f"Renamed {dice.random()}")
        case "close":
            changes.close(number, reason=dice.choice(["completed", "not_planned", "duplicate"]))
        case "reopen":
            changes.reopen(number)
        case "comment":
            changes.comment(number, body=f"Me too {dice.random()}")
        case "label":
            changes.label(number, name="bug")


def change_between_pages(desk: Desk, dice: random.Random) -> None:
    def act() -> None:
        for _ in range(dice.randrange(4)):
            change_something(desk, dice)
        desk.server.clock.shift(dice.choice([0, 1, 90]))

    for page in range(1, 30):
        desk.server.github.between_pages(desk.repository_path, after=page, act=act)


@pytest.mark.parametrize("seed", range(4))
def test_edits_between_pages_lose_nothing(
    trackers: TrackerServer, open_desk: Callable[..., Desk], seed: int
) -> None:
    dice = random.Random(seed)
    trackers.github.add_repository(f"octo/seed{seed}", 210)
    desk = open_desk(trackers, repository=f"octo/seed{seed}")
    desk.server.clock.shift(-86_400)
    change_between_pages(desk, dice)
    for _ in range(2):
        desk.sync()
    desk.server.github.hooks.clear()

    desk.sync()

    assert desk.differences() == {}


@pytest.mark.parametrize("after", [1, 2])
def test_deletions_shift_pages_by_number_and_the_census_repairs(
    desk: Desk, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    number_pages(monkeypatch, desk)
    numbers = [desk.issue_on_page(1, skip=n)[2] for n in range(12)]

    def delete_some() -> None:
        for number in numbers:
            desk.changes.delete(number)

    desk.server.github.between_pages("/issues$", after=after, act=delete_some)
    desk.sync()
    shifted = desk.differences(history=False)
    census = desk.sync("census")
    desk.sync()

    assert shifted["issues lost"]
    assert (census.issues_created, census.issues_removed) == (len(shifted["issues lost"]), 12)
    assert desk.differences() == {}


# --- what vanishes --------------------------------------------------------------------------------


def test_census_buries_what_is_gone_each_for_its_reason(desk: Desk) -> None:
    desk.sync()
    numbers = [desk.issue_on_page(1, skip=n)[2] for n in range(5)]
    keys = [f"#{number}" for number in numbers]
    desk.changes.delete(numbers[0])
    desk.changes.delete(numbers[1], visible=False)
    desk.changes.transfer(numbers[2], to=desk.server.github.repository("octo/attic"))
    desk.changes.convert_to_pull(numbers[3])
    before = {id_: facts.key for id_, facts in desk.tables().issues.items()}

    run = desk.sync("census")

    reasons = {before[id_]: reason for id_, reason in desk.tables().removed.items()}
    wanted = ["deleted", "not_visible", "transferred", "moved"]
    assert reasons == dict(zip(keys, wanted, strict=False))
    assert (run.issues_removed, run.upstream_total) == (4, run.local_total)
    assert desk.differences() == {}


def test_census_of_an_unchanged_repository_asks_for_nothing_more(still_desk: Desk) -> None:
    still_desk.sync()
    still_desk.server.journal.clear()

    run = still_desk.sync("census")

    pages = [seen for seen in still_desk.requests() if seen.status != 304]
    assert len(pages) == 3
    assert (run.state, run.issues_removed, run.issues_created) == ("succeeded", 0, 0)


@pytest.mark.parametrize("kind", ["status", "html", "empty", "cut", "self_next", "not_found"])
def test_census_that_is_not_finished_buries_nothing(desk: Desk, kind: str) -> None:
    desk.sync()
    before = desk.tables()
    number = desk.issue_on_page(1)[2]
    desk.changes.delete(number)
    desk.strike(kind)

    broken = desk.sync("census")
    kept = desk.tables()
    after = desk.recover("census")

    assert (broken.state, kept) == ("failed", before)
    assert (after.state, after.issues_removed) == ("succeeded", 1)
    assert desk.differences() == {}


def test_census_row_that_cannot_be_read_is_asked_for_not_buried(still_desk: Desk) -> None:
    still_desk.sync()
    row, _, _ = still_desk.issue_on_page(2)
    still_desk.strike("string_id", row=row)

    run = still_desk.sync("census")

    assert (run.state, run.issues_removed) == ("incomplete", 0)
    assert still_desk.differences() == {}


# --- marks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [-7200, 7200])
def test_trackers_wrong_clock_loses_no_edit(desk: Desk, seconds: int) -> None:
    """Its stamps and its Date header go by the same clock."""
    desk.server.clock.shift(seconds)
    desk.sync()
    desk.changes.touch_some(7)
    desk.sync()
    desk.server.clock.shift(1)
    desk.changes.touch_some(7, seed=2)

    desk.sync()

    assert desk.differences() == {}


def test_page_address_that_is_of_no_use_any_more_does_not_block_for_ever(desk: Desk) -> None:
    desk.sync()
    desk.changes.touch_some(5)
    stale = f"{desk.server.url}/github/repos/{desk.repository}/issues?state=all&after=AAAA&page=2"
    FeedCursor.objects.filter(feed="issues").update(page_token=stale)

    runs = [desk.recover() for _ in range(2)]

    assert [run.error_kind for run in runs] == ["response", ""]
    assert desk.differences() == {}
