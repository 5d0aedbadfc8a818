"""What moves no question in the order of activity is right after the next census."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from integrations.http import session
from integrations.http.transport import Environment
from integrations.models import Integration
from issues.models import Issue, Transition
from simulator.server import TrackerServer
from simulator.stackexchange.close_reasons import DUPLICATE
from tests.stories import StackStory
from tests.test_sync_trackers import assert_true, connected, sync

NEWER = 110
"""More than the one page that every sync reads again."""


@pytest.fixture(scope="module")
def trackers() -> Iterator[TrackerServer]:
    with TrackerServer(issues=5, quota=None) as server:
        yield server


@dataclass
class Old:
    """Questions that lie behind so many newer ones that no sync meets them."""

    story: StackStory
    integration: Integration
    questions: list[int]

    def take(self, count: int) -> list[int]:
        taken, self.questions = self.questions[:count], self.questions[count:]
        return taken

    def read_again(self) -> None:
        sync(self.integration)
        sync(self.integration, kind="census")

    def rows(self, questions: list[int]) -> list[Issue]:
        ids = [str(number) for number in questions]
        return list(Issue.objects.filter(source_issue_id__in=ids).order_by("pk"))


@pytest.fixture
def old(db, trackers, settings, monkeypatch) -> Old:
    monkeypatch.setattr(session, "Environment", lambda: Environment(sleep=lambda _: None))
    settings.DIIP_PRIVATE_HOSTS = [f"127.0.0.1:{trackers.port}"]
    trackers.clock.reset()
    trackers.clock.shift(-4 * 3600)
    story = StackStory(trackers, size=0)
    asked = [story._ask(f"Old {n}?", story.tags[n % 2]).id for n in range(50)]
    for number in asked[:25]:
        story.changes.answer(number)
    trackers.clock.shift(3600)
    for n in range(2 * NEWER):
        trackers.clock.shift(1)
        story._ask(f"Newer {n}?", story.tags[n % 2])
    trackers.clock.shift(3600)
    integration = connected(story)
    sync(integration)
    return Old(story, integration, asked)


def test_twenty_closings_and_acceptances_are_seen(old):
    accepted, closed = old.take(20), old.questions[-20:]
    for number in accepted:
        old.story.changes.accept(number)
    for number in closed:
        old.story.changes.close(number, reason="Needs more focus")

    old.read_again()

    assert {(i.status, i.outcome) for i in old.rows(accepted)} == {("done", "delivered")}
    assert {(i.status, i.outcome) for i in old.rows(closed)} == {("done", "not_planned")}
    assert all(issue.closed_at for issue in old.rows([*accepted, *closed]))
    moves = Transition.objects.filter(to_value__in=["accepted", "closed: needs more focus"])
    assert moves.count() == 40


def test_what_was_done_is_read_again_too(old):
    reopened, unaccepted, migrated = old.take(5), old.take(5), old.take(5)
    for number in reopened:
        old.story.changes.close(number, reason=DUPLICATE)
    for number in unaccepted:
        old.story.changes.accept(number)
    old.read_again()
    for number in reopened:
        old.story.changes.reopen(number)
    for number in unaccepted:
        old.story.changes.unaccept(number)
    for number in migrated:
        old.story.changes.migrate(number)

    old.read_again()

    open_again = old.rows([*reopened, *unaccepted])
    assert {(i.status, i.outcome, i.closed_at) for i in open_again} == {("in_progress", None, None)}
    assert {(i.status, i.outcome) for i in old.rows(migrated)} == {("done", "moved")}


def test_deleted_and_retagged_questions_get_tombstones(old):
    deleted, retagged = old.take(3), old.take(3)
    for number in deleted:
        old.story.changes.delete(number)
    for number in retagged:
        old.story.changes.retag(number, tags=["elsewhere"])

    old.read_again()

    assert {i.removed_reason for i in old.rows(deleted)} == {"deleted"}
    assert {i.removed_reason for i in old.rows(retagged)} == {"moved"}


def test_a_hundred_that_vanished_are_asked_for_at_once(old, trackers):
    deleted, retagged = old.take(25), old.take(25)
    for number in deleted:
        old.story.changes.delete(number)
    for number in retagged:
        old.story.changes.retag(number, tags=["elsewhere"])
    trackers.journal.clear()

    run = sync(old.integration, kind="census")

    assert (run.state, run.issues_removed) == ("succeeded", 50)
    by_number = [seen for seen in trackers.journal.all() if ";" in seen.path]
    assert (len(by_number), run.requests) == (1, 7)
    assert {i.removed_reason for i in old.rows(deleted)} == {"deleted"}
    assert {i.removed_reason for i in old.rows(retagged)} == {"moved"}


def test_it_takes_no_request_more_than_a_list_of_ids(old, trackers):
    for number in old.questions:
        old.story.changes.close(number, reason="Needs more focus")
    trackers.journal.clear()

    run = sync(old.integration, kind="census")

    asked = [seen for seen in trackers.journal.all() if "_control" not in seen.path]
    lists = [seen for seen in asked if "sort=creation" in seen.query_string]
    # Two tags of 135 questions: two pages each. The sync before it takes one a tag.
    assert (len(lists), len(asked) - len(lists)) == (4, 2)
    assert run.issues_updated == 50


@pytest.mark.parametrize("seed", range(4))
def test_any_silent_changes_are_right_after_one_census(seed, old):
    dice = random.Random(seed)
    for _ in range(40):
        old.story.change_silently(dice)

    old.read_again()

    assert_true(old.integration, old.story)
