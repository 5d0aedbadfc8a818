"""Refetch of queued issues; hints are used for nothing else."""

import pytest
from django.utils import timezone

from integrations.lifecycle.sync_requests import request_sync
from integrations.models import Integration, IssueHint, SyncRun
from integrations.providers.contract.base import ProviderResponseError
from issues import run_engine
from issues.models import Comment, Issue
from issues.tests.fake_tracker import PEOPLE, FakeProvider


def hint(integration: Integration, source_issue_id: str = "", key: str = "") -> IssueHint:
    return IssueHint.objects.create(
        integration=integration, source_issue_id=source_issue_id, key=key
    )


def test_targeted_run_fetches_only_the_queued_issue(tracker, sync, integration):
    first, second = tracker.create(), tracker.create()
    sync()
    tracker.edit(first, title="Hinted")
    tracker.edit(second, title="Not hinted")
    hint(integration, first)
    tracker.requests.clear()

    run = sync(kind="targeted", trigger="webhook")

    assert tracker.requests[0] == "one" and "issues" not in tracker.requests
    assert set(Issue.objects.values_list("title", flat=True)) == {"Hinted", "Issue 2"}
    assert (run.state, run.issues_updated, IssueHint.objects.count()) == ("succeeded", 1, 0)


def test_refetched_issue_includes_its_history(tracker_with_history, sync, integration):
    issue_id = tracker_with_history.create()
    sync()
    tracker_with_history.comment(issue_id, PEOPLE[2])
    hint(integration, key="#1")

    sync(kind="targeted", trigger="webhook")

    assert Comment.objects.count() == 1
    assert Issue.objects.get().first_response_at == tracker_with_history.comments["1"].commented_at


def test_history_feeds_are_read_after_the_refetched_issue(tracker, sync, integration):
    issue_id = tracker.create()
    sync()
    tracker.comment(issue_id, PEOPLE[2])
    hint(integration, issue_id)

    sync(kind="targeted", trigger="webhook")

    assert Comment.objects.count() == 1


def test_every_run_refetches_queued_issues(tracker, sync, integration):
    issue_id = tracker.create()
    sync()
    tracker.delete(issue_id)
    hint(integration, issue_id)

    run = sync()

    assert (run.issues_removed, Issue.objects.get().removed_reason) == (1, "deleted")


def test_hint_of_an_unknown_issue_stores_it(tracker, sync, integration):
    sync()
    hint(integration, tracker.create())

    sync(kind="targeted", trigger="webhook")

    assert Issue.objects.count() == 1


def test_hint_added_during_the_request_stays_queued(tracker, sync, integration):
    issue_id = tracker.create()
    sync()
    row = hint(integration, issue_id)
    later = timezone.now()

    def come_again() -> None:
        IssueHint.objects.filter(pk=row.pk).update(noted_at=later)
        tracker.before_request = lambda: None

    tracker.before_request = come_again

    sync(kind="targeted", trigger="webhook")

    assert IssueHint.objects.filter(noted_at=later).exists()
    integration.refresh_from_db()
    assert integration.next_sync_at <= timezone.now()


def test_unreadable_issue_is_left_to_the_census_after_three_runs(
    tracker, sync, integration, monkeypatch
):
    issue_id = tracker.create()
    sync()
    hint(integration, issue_id)

    def refuse(*_: object) -> None:
        raise ProviderResponseError("It cannot be read.")

    monkeypatch.setattr(FakeProvider, "fetch_one", refuse)
    runs = [sync(kind="targeted", trigger="webhook") for _ in range(3)]

    assert {run.state for run in runs} == {"incomplete"}
    assert [run.gaps[0] for run in runs] == [f"{issue_id}: It cannot be read."] * 3
    assert IssueHint.objects.count() == 0


def test_targeted_run_keeps_the_date_of_the_next_sync(tracker, sync, integration):
    issue_id = tracker.create()
    sync()
    integration.refresh_from_db()
    date = integration.next_sync_at
    hint(integration, issue_id)

    sync(kind="targeted", trigger="webhook")

    integration.refresh_from_db()
    assert integration.next_sync_at == date


@pytest.mark.usefixtures("tracker")
def test_hint_joins_the_open_run(integration):
    run, _ = request_sync(integration=integration, trigger="manual")
    hint(integration, key="#9")

    same, created = request_sync(integration=integration, trigger="webhook", kind="targeted")
    while run_engine.advance_run(run.pk, owner="test") is run_engine.Progress.MORE:
        pass

    assert (same.pk, created) == (run.pk, False)
    assert SyncRun.objects.get().state == "succeeded"
    assert IssueHint.objects.count() == 0
