"""Census: it always ends, and detects changes without a new version."""

from datetime import timedelta

import msgspec
import pytest
from django.utils import timezone

from integrations.lifecycle.sync_requests import request_sync
from integrations.models import FeedCursor, SyncRun
from integrations.providers.contract.base import LabelRecord
from issues import run_engine, services
from issues.models import CensusEntry, Comment, Issue
from issues.sync import census


def change_silently(tracker, issue_id: str, **changes) -> None:
    """Change an issue without changing `source_updated_at`."""
    tracker.issues[issue_id] = msgspec.structs.replace(tracker.issues[issue_id], **changes)


def test_census_stores_changes_without_a_new_version(tracker_of_rows, sync):
    tracker = tracker_of_rows
    ids = [tracker.create() for _ in range(25)]
    sync()
    change_silently(tracker, ids[3], labels=(LabelRecord(name="renamed"),))
    tracker.requests.clear()

    run = sync(kind="census")

    issue = Issue.objects.get(source_issue_id=ids[3])
    assert [label.name for label in issue.labels.all()] == ["renamed"]
    assert (run.issues_updated, tracker.requests.count("one")) == (1, 0)


def test_census_stores_edited_and_missed_issues_from_its_list(tracker_of_rows, sync):
    tracker = tracker_of_rows
    ids = [tracker.create() for _ in range(25)]
    sync()
    Issue.objects.filter(source_issue_id=ids[3]).delete()
    for issue_id in ids[5:20]:
        tracker.edit(issue_id, title="Edited")

    run = sync(kind="census")

    titles = {i.source_issue_id: i.title for i in Issue.objects.present()}
    assert titles == {i: record.title for i, record in tracker.issues.items()}
    assert (run.state, tracker.requests.count("one")) == ("succeeded", 0)


def forget(ids: list[str]) -> None:
    """Delete issues as if they had never arrived; a sync does not fetch them again."""
    Issue.objects.filter(source_issue_id__in=ids).delete()


def take_slices(integration, most: int) -> SyncRun:
    """Run a census in at most `most` slices."""
    run, _ = request_sync(integration=integration, trigger="manual", kind="census")
    for _ in range(most):
        if run_engine.advance_run(run.pk, owner="test") is not run_engine.Progress.MORE:
            break
    run.refresh_from_db()
    return run


def test_twelve_discrepancies_in_slices_of_five_are_fetched_once_each(
    tracker, sync, integration, monkeypatch
):
    monkeypatch.setattr(census, "MAX_SINGLE_FETCHES", 5)
    ids = [tracker.create() for _ in range(25)]
    tracker.tick(3600)
    sync()
    forget(ids[:12])
    tracker.requests.clear()

    run = take_slices(integration, most=10)

    assert (run.state, run.issues_created) == ("succeeded", 12)
    assert tracker.requests.count("one") == 12
    assert Issue.objects.present().count() == 25


def test_census_starts_with_a_sync(tracker, sync):
    """After a day without syncs, every change would be a discrepancy."""
    ids = [tracker.create() for _ in range(25)]
    sync()
    for issue_id in ids:
        tracker.edit(issue_id, title="Edited")
    tracker.requests.clear()

    run = sync(kind="census")

    assert (run.state, tracker.requests.count("one")) == ("succeeded", 0)
    assert set(Issue.objects.values_list("title", flat=True)) == {"Edited"}


def test_many_discrepancies_are_read_from_the_list(tracker, sync, monkeypatch):
    monkeypatch.setattr(census, "REREAD_LIST_FROM", 10, raising=False)
    ids = [tracker.create() for _ in range(25)]
    tracker.tick(3600)
    sync()
    forget(ids[:12])
    tracker.requests.clear()

    run = sync(kind="census")

    assert (run.state, run.issues_created, tracker.requests.count("one")) == ("succeeded", 12, 0)


def test_due_sync_runs_within_a_long_census(tracker, sync, integration):
    ids = [tracker.create() for _ in range(55)]
    tracker.tick(3600)
    sync()
    run, _ = request_sync(integration=integration, trigger="manual", kind="census")
    advance_until(run, lambda: CensusEntry.objects.count() == 10)
    tracker.edit(ids[3], title="In mid-census")
    FeedCursor.objects.update(asked_at=timezone.now() - timedelta(hours=1))

    advance_until(run, lambda: Issue.objects.filter(title="In mid-census").exists())

    assert 0 < CensusEntry.objects.count() < 55
    assert sync(kind="census").pk == run.pk
    assert CensusEntry.objects.count() == 0


def advance_until(run: SyncRun, reached) -> None:
    """Advance in slices of one page."""
    for _ in range(20):
        if reached():
            return
        run_engine.advance_run(run.pk, owner="test", slice_length=timedelta(0))
    pytest.fail("It was never reached.")


def test_census_that_requests_an_issue_twice_is_parked(tracker, sync, integration, monkeypatch):
    issue_id = tracker.create()
    tracker.tick(3600)
    sync()
    forget([issue_id])
    first = census.find_discrepancies
    monkeypatch.setattr(census, "find_discrepancies", lambda reading: [*first(reading)] * 2)

    run = sync(kind="census")

    assert (run.state, run.error_kind, tracker.requests.count("one")) == ("parked", "stuck", 1)
    assert "twice" in run.error_message
    assert integration.status_message == run.error_message


def test_slice_without_progress_counts_as_an_attempt(tracker, integration, monkeypatch):
    """A run that only releases itself is parked like one whose worker dies."""
    tracker.create()
    monkeypatch.setitem(run_engine._READ, "census", lambda reading, has_time: False)

    run = take_slices(integration, most=10)
    services.park_stuck_runs()

    run.refresh_from_db()
    assert run.state == "parked"


def test_two_issues_with_one_key_keep_their_own_comments(tracker, sync):
    """GitHub lists rows of transferred issues; their number belongs to another issue here."""
    near = tracker.create(key="#7", url="https://t/here/7")
    far = tracker.create(key="#7", url="https://t/elsewhere/7")
    tracker.comment(near)
    tracker.comment(far)

    sync()

    matched = dict(Comment.objects.values_list("source_comment_id", "issue__source_issue_id"))
    assert matched == {"1": near, "2": far}
