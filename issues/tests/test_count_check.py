"""Upstream and local counts in receipts, and the check of differences."""

from datetime import timedelta

from django.utils import timezone

from integrations.models import Integration, SyncRun
from integrations.providers.contract.base import ProviderUnavailable
from issues.models import Issue
from issues.tests.fake_tracker import FakeProviderWithHistory


def is_census_due(integration: Integration) -> bool:
    integration.refresh_from_db()
    return integration.next_census_at <= timezone.now()


def test_first_receipt_has_both_counts(tracker_with_history, sync, integration):
    for _ in range(3):
        tracker_with_history.create()

    run = sync()

    assert (run.upstream_total, run.local_total, run.gaps) == (3, 3, [])
    assert run.upstream_total_at is not None
    assert not is_census_due(integration)


def test_idle_run_carries_the_count_and_its_time_over(tracker_with_history, sync):
    tracker_with_history.create()
    first = sync()

    second = sync()

    assert second.upstream_total == 1
    assert second.upstream_total_at == first.upstream_total_at


def test_count_gap_is_reported_and_schedules_a_census(
    tracker_with_history, sync, integration, monkeypatch
):
    tracker_with_history.create()
    monkeypatch.setattr(FakeProviderWithHistory, "count", lambda _: 5)

    run = sync()

    assert (run.upstream_total, run.local_total) == (5, 1)
    assert run.gaps == [
        "Issue counts differ: 5 upstream, 1 stored. A census will check the difference."
    ]
    assert is_census_due(integration)


def test_no_census_is_scheduled_right_after_one(
    tracker_with_history, sync, integration, monkeypatch
):
    tracker_with_history.create()
    monkeypatch.setattr(FakeProviderWithHistory, "count", lambda _: 5)
    sync(kind="census")
    tracker_with_history.create()

    run = sync()

    assert run.gaps
    assert not is_census_due(integration)


def test_census_counts_its_list(tracker_with_history, sync, monkeypatch):
    tracker_with_history.create()
    monkeypatch.setattr(FakeProviderWithHistory, "count", lambda _: 99)

    run = sync(kind="census")

    assert (run.upstream_total, run.local_total, run.gaps) == (1, 1, [])


def test_run_succeeds_without_an_upstream_count(tracker_with_history, sync, monkeypatch):
    def refuse(_: object) -> None:
        raise ProviderUnavailable("The search does not answer.")

    tracker_with_history.create()
    monkeypatch.setattr(FakeProviderWithHistory, "count", refuse)

    run = sync()

    assert (run.state, run.upstream_total, run.local_total) == ("succeeded", None, 1)


def test_empty_list_removes_no_known_issues(tracker_with_history, sync, monkeypatch):
    """A token without permission looks like a tracker without issues."""
    issue_id = tracker_with_history.create()
    sync()
    tracker_with_history.delete(issue_id)
    gone = FakeProviderWithHistory.fetch_one(
        FakeProviderWithHistory(tracker_with_history), ref_of(issue_id)
    )
    hidden = type(gone)(reason="not_visible")
    monkeypatch.setattr(FakeProviderWithHistory, "fetch_one", lambda *_: hidden)

    run = sync(kind="census")

    assert Issue.objects.get().removed_at is None
    assert "listed no issues" in run.gaps[0]


def ref_of(issue_id: str):
    from integrations.providers.contract.base import IssueRef

    return IssueRef(source_issue_id=issue_id)


def test_history_is_read_after_a_run_that_failed_before_it(tracker, sync, integration):
    """Otherwise comments would be missing for an hour after a successful run."""
    issue_id = tracker.create()
    sync()
    tracker.comment(issue_id)
    tracker.before_request = fail_at(tracker, "comments")
    failed = sync(trigger="scheduled")
    tracker.requests.clear()
    tracker.before_request = lambda: None
    Integration.objects.update(next_sync_at=timezone.now() - timedelta(seconds=1))

    run = sync(trigger="scheduled")

    assert (failed.state, run.state) == ("failed", "succeeded")
    assert "comments" in tracker.requests
    assert SyncRun.objects.get(pk=run.pk).comments_stored == 1


def fail_at(tracker, feed: str):
    def hook() -> None:
        if tracker.requests and tracker.requests[-1] == "issues" and len(tracker.requests) > 1:
            raise ProviderUnavailable(f"No {feed} today.")

    tracker.requests.clear()
    return hook
