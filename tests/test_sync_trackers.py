"""Every tracker, over HTTP: people edit, delete and move between the requests, requests fail,
workers die. In the end the table is the truth.

Seeded: a failing seed names itself and is repeated by it.
"""

import random
from collections.abc import Iterator

import pytest
from django.utils import timezone

from accounts.models import User
from integrations.http import session
from integrations.http.transport import Environment
from integrations.lifecycle.connect import connect_scope
from integrations.lifecycle.sync_requests import request_sync
from integrations.models import Integration, SyncRun
from issues import run_engine
from issues.models import Comment, Issue
from issues.sync import page_store
from projects.models import Project
from simulator.server import TrackerServer
from tests.stories import STORIES, Facts, Story

SEEDS = range(3)


class WorkerDied(Exception):
    """Stands for a kill: nothing after it runs."""


@pytest.fixture(scope="module")
def trackers() -> Iterator[TrackerServer]:
    with TrackerServer(issues=5, quota=None) as server:
        yield server


@pytest.fixture(params=STORIES)
def story(request, trackers, settings, monkeypatch) -> Story:
    monkeypatch.setattr(session, "Environment", lambda: Environment(sleep=lambda _: None))
    settings.DIIP_PRIVATE_HOSTS = [f"127.0.0.1:{trackers.port}"]
    trackers.faults.clear()
    return STORIES[request.param](trackers)


@pytest.fixture
def integration(db, story) -> Integration:
    return connected(story)


def connected(story: Story) -> Integration:
    return connect_scope(
        project=Project.objects.create(name="Story"),
        actor=User.objects.create_user("ann@example.com", "correct horse 9"),
        provider=story.provider,
        given=story.given,
    )


def sync(integration: Integration, kind: str = "incremental") -> SyncRun:
    """To where it ends, by workers that may be replaced at any time."""
    integration.refresh_from_db()
    run, _ = request_sync(integration=integration, trigger="manual", kind=kind)
    for _ in range(200):
        try:
            progress = run_engine.advance_run(run.pk, owner="test")
        except WorkerDied:
            progress = run_engine.Progress.MORE
        SyncRun.objects.filter(pk=run.pk).update(
            lease_until=None, attempts=0, not_before=timezone.now()
        )
        Integration.objects.update(quiet_until=None)
        if progress is run_engine.Progress.ENDED:
            run.refresh_from_db()
            return run
    pytest.fail("The sync never ended.")


def stored(integration: Integration) -> tuple[dict[str, Facts], set[str]]:
    rows = Issue.objects.present().filter(integration=integration).prefetch_related("labels")
    issues = {i.source_issue_id: (i.key, i.title, i.status, told_of(i)) for i in rows}
    present = Comment.objects.filter(issue__in=rows, removed_at=None)
    comments = set(present.values_list("source_comment_id", flat=True))
    return issues, comments


def told_of(issue: Issue) -> str:
    """Stack Overflow's own word for a status is one of ours."""
    status = "" if issue.provider == "stackoverflow" else issue.source_status
    named = [f"{label.kind} {label.name}" for label in issue.labels.all()]
    return "; ".join([status, *sorted(named)])


def assert_true(integration: Integration, story: Story) -> None:
    issues, comments = stored(integration)
    truth = story.issues()
    assert {k: (issues.get(k), truth.get(k)) for k in issues.keys() | truth.keys()
            if issues.get(k) != truth.get(k)} == {}  # fmt: skip
    assert story.comments() == comments


def test_first_sync_stores_everything(integration, story):
    run = sync(integration)

    assert (run.state, run.error_message, run.quarantined) == ("succeeded", "", 0)
    assert_true(integration, story)


def test_what_happened_since_is_seen(integration, story, trackers):
    sync(integration)
    dice = random.Random(7)
    trackers.clock.shift(60)
    for _ in range(25):
        story.change(dice)
    trackers.clock.shift(60)

    sync(integration)
    run = sync(integration, kind="census")

    assert run.state == "succeeded"
    assert_true(integration, story)


def test_idle_sync_changes_nothing_and_asks_little(integration, story, trackers):
    sync(integration)
    trackers.clock.shift(3600)
    sync(integration)
    trackers.journal.clear()

    run = sync(integration)

    assert (run.issues_created, run.issues_updated, run.issues_removed) == (0, 0, 0)
    assert run.requests <= 3


@pytest.mark.parametrize("seed", SEEDS)
def test_table_is_the_truth_whatever_happens(seed, integration, story, trackers, monkeypatch):
    dice = random.Random(seed)
    with monkeypatch.context() as trouble:
        cause(trouble, story, trackers, dice)
        for _ in range(4):
            sync(integration)
    trackers.faults.clear()
    trackers.clock.shift(1200)

    sync(integration)
    run = sync(integration, kind="census")

    assert run.state == "succeeded", run.error_message
    assert_true(integration, story)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_census_and_one_sync_make_up_for_anything(
    seed, integration, story, trackers, monkeypatch
):
    """Edits, deletions, changes that no date tells, outages, dead workers: in any order."""
    dice = random.Random(f"silent {seed}")
    sync(integration)
    with monkeypatch.context() as trouble:
        cause(trouble, story, trackers, dice)
        for _ in range(2):
            sync(integration, kind=dice.choice(["incremental", "census"]))
            for _ in range(10):
                dice.choice([story.change, story.change_silently])(dice)
    trackers.faults.clear()
    trackers.clock.shift(1200)

    census = sync(integration, kind="census")
    last = sync(integration)

    assert (census.state, last.state) == ("succeeded", "succeeded"), census.gaps
    assert_true(integration, story)


def cause(monkeypatch, story: Story, trackers: TrackerServer, dice: random.Random) -> None:
    """Before each request something may happen, or fail; after a page a worker may die."""
    ask, note = session.Session._send_once, page_store.feed_cursor.note_page

    def troubled(self, *args):
        for _ in range(dice.choice([0, 0, 1, 3])):
            story.change(dice)
        trackers.clock.shift(dice.choice([1, 30]))
        if dice.random() < 0.05:
            trackers.faults.add(dice.choice(["status", "cut", "html"]), path="^(?!/_control)")
        return ask(self, *args)

    def deadly(*args, **kwargs):
        note(*args, **kwargs)
        if dice.random() < 0.05:
            raise WorkerDied

    monkeypatch.setattr(session.Session, "_send_once", troubled)
    monkeypatch.setattr(page_store.feed_cursor, "note_page", deadly)
