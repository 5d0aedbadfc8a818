"""The mapping run again over kept pages, for every tracker, over HTTP and then without."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command

from integrations.http import session
from integrations.http.transport import Environment
from integrations.lifecycle.sync_requests import request_remap
from integrations.models import FeedCursor, QuarantinedRecord, RawPage
from issues import run_engine
from issues.models import Comment, Issue, Transition
from issues.reprocess.remap import remap
from simulator.server import TrackerServer
from tests.stories import STORIES, Story
from tests.test_sync_trackers import connected, sync


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
def integration(db, story):
    return connected(story)


def everything() -> tuple:
    issues = Issue.objects.order_by("pk").values_list("key", "title", "status", "source_updated_at")
    comments = Comment.objects.order_by("pk").values_list("source_comment_id", "body", "removed_at")
    changes = Transition.objects.order_by("pk").values_list("source_event_id", "field", "to_value")
    return list(issues), list(comments), list(changes)


def test_it_changes_nothing_where_the_mapping_is_the_same(integration, trackers):
    sync(integration)
    before = everything()
    trackers.journal.clear()

    report = remap(integration, lambda _: None)

    assert (report.changed, report.rejected, report.missing, report.unreadable) == (0, 0, 0, [])
    assert report.records >= len(before[0])
    assert everything() == before
    assert trackers.journal.all() == []


def test_lost_text_comes_back_without_a_request(integration, trackers):
    sync(integration)
    before = everything()
    Issue.objects.update(title="Spoilt by a bug", content_hash="old")
    trackers.journal.clear()

    report = remap(integration, lambda _: None)

    assert report.changed >= len(before[0])
    assert everything() == before
    assert trackers.journal.all() == []


def test_as_a_run_it_has_a_receipt(integration):
    sync(integration)
    Issue.objects.update(title="Spoilt by a bug", content_hash="old")

    run, _ = request_remap(integration)
    while run_engine.advance_run(run.pk, owner="test") is run_engine.Progress.MORE:
        pass

    run.refresh_from_db()
    assert (run.state, run.kind, run.requests, run.gaps) == ("succeeded", "remap", 0, [])
    assert run.issues_updated == Issue.objects.count()
    assert run.local_total == Issue.objects.count()


def test_damaged_page_is_named_and_what_it_held_too(integration):
    sync(integration)
    RawPage.objects.update(body=b"damaged")

    report = remap(integration, lambda _: None)

    assert len(report.unreadable) == RawPage.objects.count()
    assert report.missing == report.present == Issue.objects.count()


def test_command_reports_and_refetches(integration, capsys):
    sync(integration)
    RawPage.objects.all().delete()

    call_command("remap", "--integration", str(integration.pk), "--refetch")

    shown = capsys.readouterr().out
    assert "on no stored page" in shown
    assert not FeedCursor.objects.exclude(synced_through=None).exists()
    assert QuarantinedRecord.objects.count() == 0
