"""Sync engine against an in-memory tracker: stored rows, requests, receipts."""

from datetime import timedelta

import pytest

from integrations.models import FeedCursor, Integration, SyncRun
from integrations.providers.contract.base import (
    LabelRecord,
    ProviderAuthError,
    ProviderConfigError,
    ProviderRateLimited,
    ProviderUnavailable,
)
from issues import run_engine, services
from issues.models import Comment, Issue, Person, Transition
from issues.sync import run_lease
from issues.tests.fake_tracker import PEOPLE


def rows() -> dict[str, tuple]:
    return {
        issue.source_issue_id: (issue.title, issue.status, issue.source_updated_at)
        for issue in Issue.objects.present()
    }


def truth(tracker) -> dict[str, tuple]:
    return {
        r.source_issue_id: (r.title, r.status, r.source_updated_at) for r in tracker.issues.values()
    }


def raise_at(tracker, request: int, error: Exception) -> None:
    def hook() -> None:
        if len(tracker.requests) == request:
            tracker.before_request = lambda: None
            raise error

    tracker.before_request = hook


def test_first_sync_stores_everything(tracker, sync):
    ids = [tracker.create() for _ in range(35)]
    tracker.comment(ids[3], PEOPLE[2])
    tracker.close(ids[4])

    run = sync()

    assert rows() == truth(tracker)
    assert (run.state, run.issues_created, run.local_total) == ("succeeded", 35, 35)
    assert (Comment.objects.count(), Transition.objects.count()) == (1, 1)


def test_idle_sync_costs_one_conditional_request_a_feed(tracker, sync):
    tracker.close(tracker.create())
    sync()
    tracker.requests.clear()
    tracker.tick(3600)

    run = sync()

    assert tracker.requests == ["issues", "comments", "transitions"]
    assert (run.issues_created, run.issues_updated, run.issues_unchanged) == (0, 0, 0)


def test_idle_scheduled_sync_requests_issues_only(tracker, sync):
    tracker.create()
    sync()
    tracker.requests.clear()

    sync(trigger="scheduled")

    assert tracker.requests == ["issues"]


def test_idle_sync_keeps_its_url(tracker, sync):
    tracker.create()
    sync()
    before = FeedCursor.objects.get(feed="issues").synced_through
    tracker.tick(3600)

    sync()

    assert FeedCursor.objects.get(feed="issues").synced_through == before


def test_edit_and_label_removal_are_stored(tracker, sync):
    issue_id = tracker.create(labels=(LabelRecord(name="bug"), LabelRecord(name="ui")))
    sync()
    tracker.edit(issue_id, title="New title", labels=(LabelRecord(name="ui"),))

    run = sync()

    issue = Issue.objects.get()
    assert (issue.title, [label.name for label in issue.labels.all()]) == ("New title", ["ui"])
    assert (run.issues_created, run.issues_updated) == (0, 1)


def test_failure_between_pages_keeps_what_is_stored_and_resumes(tracker, sync):
    for _ in range(50):
        tracker.create()
    tracker.tick(3600)
    raise_at(tracker, 3, ProviderUnavailable("The tracker does not answer."))

    failed = sync()
    tracker.requests.clear()
    resumed = sync()

    assert (failed.state, failed.error_kind, failed.pages) == ("failed", "unavailable", 3)
    assert resumed.state == "succeeded"
    assert rows() == truth(tracker)
    assert tracker.requests.count("issues") <= 4  # pages 4, 5, and the short pass at the end


def test_stale_page_token_restarts_the_pass(tracker, sync):
    for _ in range(50):
        tracker.create()
    raise_at(tracker, 3, ProviderUnavailable("The tracker does not answer."))
    sync()
    raise_at(tracker, len(tracker.requests), ProviderConfigError("That page is no more."))

    refused, recovered = sync(), sync()

    assert (refused.state, recovered.state) == ("failed", "succeeded")
    assert rows() == truth(tracker)
    assert recovered.issues_unchanged >= 30  # reread from the start


def test_rate_limit_pauses_the_run_until_retry_after(tracker, sync, integration):
    for _ in range(30):
        tracker.create()
    raise_at(tracker, 1, ProviderRateLimited("Wait.", retry_after=timedelta(minutes=7)))

    run = sync()

    assert run.state == "waiting"
    assert timedelta(minutes=6) < run.not_before - run.created_at < timedelta(minutes=8)
    assert integration.status == "throttled"
    assert run_engine.advance_run(run.pk, owner="early") is run_engine.Progress.NOTHING


def test_throttled_integration_resumes_at_its_date(tracker, sync, integration):
    tracker.create()
    raise_at(tracker, 0, ProviderRateLimited("Wait.", retry_after=timedelta(minutes=7)))
    run = sync()
    earlier = run.created_at
    SyncRun.objects.update(not_before=earlier)
    Integration.objects.update(next_sync_at=earlier)

    services.start_due_syncs()
    progress = run_engine.advance_run(run.pk, owner="after the wait")

    integration.refresh_from_db()
    assert (progress, integration.status) == (run_engine.Progress.ENDED, "healthy")
    assert rows() == truth(tracker)


def test_rejected_token_is_confirmed_once_and_stops_the_sync(tracker, sync, integration):
    tracker.create()

    def refuse() -> None:
        raise ProviderAuthError("The token is refused: enter a new one.")

    tracker.before_request = refuse
    run = sync()

    assert (run.state, run.error_kind) == ("failed", "auth")
    assert (integration.status, integration.next_sync_at) == ("needs_attention", None)


def test_slice_ends_between_pages_without_an_unused_request(tracker, sync, integration):
    for _ in range(30):
        tracker.create()
    tracker.tick(3600)
    run = SyncRun.objects.create(integration=integration, trigger="manual")

    first = run_engine.advance_run(run.pk, owner="a", slice_length=timedelta(0))

    assert (first, tracker.requests) == (run_engine.Progress.MORE, ["issues"])
    assert Issue.objects.count() == 10
    sync()
    assert rows() == truth(tracker)
    assert tracker.requests.count("issues") == 4


def test_dead_worker_is_replaced_and_cannot_write_later(tracker, sync, integration):
    tracker.create()
    run = SyncRun.objects.create(integration=integration, trigger="manual")
    dead = run_lease.claim(run.pk, "dead")
    assert run_engine.advance_run(run.pk, owner="early") is run_engine.Progress.NOTHING
    SyncRun.objects.filter(pk=run.pk).update(lease_until=run.created_at)

    after = run_engine.advance_run(run.pk, owner="next")

    assert after is run_engine.Progress.ENDED
    assert rows() == truth(tracker)
    with pytest.raises(run_lease.LeaseLost):
        run_lease.update_run(dead, pages=7)


def test_run_is_not_claimable_after_three_attempts(tracker, integration):
    run = SyncRun.objects.create(integration=integration, trigger="manual", attempts=3)

    assert run_engine.advance_run(run.pk, owner="fourth") is run_engine.Progress.NOTHING


def test_first_response_excludes_the_author_and_bots(tracker, sync):
    issue_id = tracker.create(author=PEOPLE[0])
    tracker.comment(issue_id, PEOPLE[0])
    tracker.comment(issue_id, PEOPLE[3])
    tracker.comment(issue_id, None)
    tracker.comment(issue_id, PEOPLE[1])
    expected = tracker.comments["4"].commented_at

    sync()

    assert Issue.objects.get().first_response_at == expected


def test_census_marks_missing_issues_removed_and_keeps_their_history(tracker, sync):
    ids = [tracker.create() for _ in range(25)]
    tracker.comment(ids[7])
    sync()
    tracker.delete(ids[7])

    run = sync(kind="census")

    gone = Issue.objects.get(source_issue_id=ids[7])
    assert (gone.removed_reason, gone.comments.count()) == ("deleted", 1)
    assert (run.issues_removed, run.upstream_total, run.local_total) == (1, 24, 24)
    assert rows() == truth(tracker)


def test_census_stores_missed_issues(tracker, sync):
    ids = [tracker.create() for _ in range(25)]
    tracker.comment(ids[3], PEOPLE[2])
    tracker.tick(3600)
    sync()
    Issue.objects.filter(source_issue_id=ids[3]).delete()

    run = sync(kind="census")
    sync()

    assert run.issues_created == 1
    assert rows() == truth(tracker)
    assert Comment.objects.count() == 1  # its history is reread


def test_failed_census_marks_nothing_removed(tracker, sync):
    ids = [tracker.create() for _ in range(25)]
    sync()
    tracker.delete(ids[7])
    raise_at(tracker, len(tracker.requests) + 1, ProviderUnavailable("Down."))

    run = sync(kind="census")

    assert run.state == "failed"
    assert Issue.objects.present().count() == 25


def test_tombstone_is_cleared_when_the_issue_returns(tracker, sync):
    issue_id = tracker.create()
    record = tracker.issues[issue_id]
    sync()
    tracker.delete(issue_id)
    sync(kind="census")
    tracker.issues[issue_id] = record

    sync(kind="census")

    assert rows() == truth(tracker)


def test_person_renamed_upstream_stays_one_row(tracker, sync):
    issue_id = tracker.create(author=PEOPLE[0])
    sync()
    renamed = type(PEOPLE[0])(source_person_id="1", login="ann-new")
    tracker.edit(issue_id, author=renamed)

    sync()

    assert [p.login for p in Person.objects.filter(source_person_id="1")] == ["ann-new"]


@pytest.mark.parametrize("times", [2, 5])
def test_syncing_again_changes_no_row(tracker, sync, times):
    for _ in range(15):
        tracker.create()
    sync()
    before = list(Issue.objects.order_by("pk").values())

    for _ in range(times):
        sync()

    assert list(Issue.objects.order_by("pk").values()) == before


def test_unsupported_feed_is_a_gap_in_every_receipt(tracker, sync):
    tracker.create()
    tracker.missing_feeds = {"comments"}

    receipts = [sync(), sync()]

    assert [run.state for run in receipts] == ["succeeded", "succeeded"]
    assert all(run.gaps[0].startswith("comments: this server") for run in receipts)
    assert tracker.requests.count("comments") == 0
