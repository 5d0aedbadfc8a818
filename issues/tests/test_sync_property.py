"""Random edits, failing pages and dying workers: tables must match the tracker.

Seeded: the test id contains the seed of a failure, so that it can be repeated.
"""

import random

import pytest
from django.utils import timezone

from integrations.lifecycle.sync_requests import request_sync
from integrations.models import SyncRun
from integrations.providers.contract.base import LabelRecord, ProviderUnavailable
from issues import run_engine
from issues.models import Comment, Issue, Transition
from issues.sync import page_store
from issues.tests.fake_tracker import PEOPLE, FakeTracker

LABELS = [LabelRecord(name=name) for name in ("bug", "ui", "api", "docs")]


class WorkerDied(Exception):
    """Simulated kill of a worker: no later code runs."""


def change_something(tracker: FakeTracker, rng: random.Random) -> None:
    issue_id = rng.choice(list(tracker.issues))
    change = rng.choice(["create", "edit", "edit", "close", "comment", "label"])
    match change:
        case "create":
            tracker.create()
        case "edit":
            tracker.edit(issue_id, title=f"Edited {rng.random()}")
        case "close":
            tracker.close(issue_id, rng.choice(PEOPLE))
        case "comment":
            tracker.comment(issue_id, rng.choice(PEOPLE))
        case "label":
            tracker.edit(issue_id, labels=tuple(rng.sample(LABELS, rng.randrange(4))))


def disturb(tracker: FakeTracker, rng: random.Random):
    """Return a hook that changes the tracker before requests, and sometimes fails."""

    def hook() -> None:
        for _ in range(rng.choice([0, 0, 1, 3])):
            change_something(tracker, rng)
        tracker.tick(rng.choice([1, 30, 300]))
        if rng.random() < 0.05:
            raise ProviderUnavailable("The tracker does not answer.")

    return hook


def sync_once(integration, rng: random.Random) -> None:
    """Run one sync in slices of random length, with replaceable workers."""
    integration.refresh_from_db()
    run, _ = request_sync(integration=integration, trigger="manual")
    for _ in range(100):
        try:
            progress = run_engine.advance_run(run.pk, owner=str(rng.random()))
        except WorkerDied:
            SyncRun.objects.filter(pk=run.pk).update(lease_until=timezone.now(), attempts=0)
            continue
        if progress is run_engine.Progress.ENDED:
            return
    pytest.fail("The sync never ended.")


def stored() -> tuple:
    issues = {
        issue.source_issue_id: (
            issue.title,
            issue.status,
            issue.source_updated_at,
            sorted(label.name for label in issue.labels.all()),
        )
        for issue in Issue.objects.prefetch_related("labels")
    }
    present = Comment.objects.filter(removed_at=None)
    comments = sorted(present.values_list("source_comment_id", flat=True), key=int)
    events = sorted(Transition.objects.values_list("source_event_id", flat=True), key=int)
    return issues, comments, events


def upstream(tracker: FakeTracker) -> tuple:
    issues = {
        r.source_issue_id: (
            r.title,
            r.status,
            r.source_updated_at,
            sorted(label.name for label in r.labels),
        )
        for r in tracker.issues.values()
    }
    return issues, sorted(tracker.comments, key=int), [e.source_event_id for e in tracker.events]


@pytest.mark.parametrize("kind", ["tracker", "tracker_with_history"])
@pytest.mark.parametrize("seed", range(12))
def test_tables_match_the_tracker_despite_changes_and_failures(
    seed, kind, request, integration, monkeypatch
):
    tracker = request.getfixturevalue(kind)
    rng = random.Random(seed)
    for _ in range(rng.randrange(1, 60)):
        tracker.create()
    store = page_store.feed_cursor.note_page

    def fail_sometimes(*args, **kwargs):
        store(*args, **kwargs)
        if rng.random() < 0.05:
            raise WorkerDied

    monkeypatch.setattr(page_store.feed_cursor, "note_page", fail_sometimes)
    tracker.before_request = disturb(tracker, rng)
    for _ in range(4):
        sync_once(integration, rng)
    tracker.before_request = lambda: None
    tracker.tick(600)

    sync_once(integration, rng)

    assert stored() == upstream(tracker)
