"""Both Jiras over HTTP: what changes without a new date, and pages that are too much at once."""

from collections.abc import Iterator

import pytest
from django.utils import timezone

from integrations.http import session
from integrations.http.transport import Environment
from integrations.lifecycle.fixes import remedy_for
from integrations.lifecycle.sync_requests import request_sync
from integrations.models import Integration, SyncRun
from integrations.providers.jira import Jira
from issues import run_engine
from issues.models import Comment, Issue, IssueLabel
from simulator.server import TrackerServer
from tests.stories import JiraStory
from tests.test_sync_trackers import connected, sync


@pytest.fixture(scope="module")
def trackers() -> Iterator[TrackerServer]:
    with TrackerServer(issues=5, quota=None) as server:
        yield server


@pytest.fixture
def reachable(trackers, settings, monkeypatch) -> TrackerServer:
    monkeypatch.setattr(session, "Environment", lambda: Environment(sleep=lambda _: None))
    settings.DIIP_PRIVATE_HOSTS = [f"127.0.0.1:{trackers.port}"]
    return trackers


@pytest.fixture(params=["cloud", "server"])
def story(request, reachable) -> JiraStory:
    return JiraStory(reachable, size=30, cloud=request.param == "cloud")


def facts(integration: Integration) -> dict[str, tuple[str, str]]:
    rows = Issue.objects.present().filter(integration=integration)
    return {key: (status, word) for key, status, word in rows.values_list(
        "key", "status", "source_status")}  # fmt: skip


def components(integration: Integration) -> set[str]:
    carried = IssueLabel.objects.filter(issue__integration=integration, label__kind="component")
    return set(carried.values_list("label__name", flat=True))


@pytest.mark.django_db
def test_census_stores_what_changed_without_a_new_date(story):
    integration = connected(story)
    changes = story.jira.changes()
    issue = changes.create(story.key, components=["Storage"])
    changes.transition(issue.id, status="In Review")
    sync(integration)

    changes.rename_status(story.key, status="In Progress", to="Doing")
    changes.recategorise_status(story.key, status="In Review", category="done")
    changes.rename_component(story.key, component="Storage", to="Vault")
    run = sync(integration, "census")

    truth = story.jira.truth(story.key).values()
    categories = {"new": "todo", "indeterminate": "in_progress", "done": "done"}
    assert run.state == "succeeded"
    assert facts(integration) == {t.key: (categories[t.category], t.status) for t in truth}
    assert components(integration) == {name for t in truth for name in t.components}
    assert run.issues_updated > 0
    assert sync(integration, "census").issues_updated == 0


def sync_with_waits(integration: Integration, trackers: TrackerServer) -> SyncRun:
    """What is told to wait goes on when the tracker's own clock says so."""
    integration.refresh_from_db()
    run, _ = request_sync(integration=integration, trigger="manual")
    for _ in range(40):
        progress = run_engine.advance_run(run.pk, owner="test")
        if progress is run_engine.Progress.ENDED:
            break
        trackers.clock.shift(60)
        SyncRun.objects.filter(pk=run.pk).update(not_before=timezone.now())
    run.refresh_from_db()
    return run


@pytest.mark.django_db
def test_page_with_sixty_follow_up_requests_comes_through_where_25_are_let_through(reachable):
    story = JiraStory(reachable, size=100)
    for number in range(1, 61):
        for turn in range(21):
            story.jira.changes().comment(f"{story.key}-{number}", body=f"Comment {turn}")
    integration = connected(story)
    story.jira.limits.quota = 25
    try:
        run = sync_with_waits(integration, reachable)
    finally:
        story.jira.limits.quota = None

    assert (run.state, run.issues_created) == ("succeeded", 100)
    assert set(facts(integration)) == {key for key, *_ in story.issues().values()}
    told = Comment.objects.filter(issue__integration=integration)
    assert set(told.values_list("source_comment_id", flat=True)) == story.comments()


@pytest.mark.django_db
def test_revoked_token_is_told_with_its_fix_though_the_gateway_is_unreachable(
    reachable, monkeypatch, settings
):
    nowhere = "http://127.0.0.1:9/ex/jira"
    monkeypatch.setattr(Jira, "gateway", nowhere)
    monkeypatch.setattr(Jira, "trusted_origins", (nowhere,))
    settings.DIIP_PRIVATE_HOSTS = [*settings.DIIP_PRIVATE_HOSTS, "127.0.0.1:9"]
    story = JiraStory(reachable, size=5)
    story.given["token"] = "soon-revoked"
    integration = connected(story)
    sync(integration)
    story.jira.access.revoked.add("soon-revoked")

    run = sync(integration)

    integration.refresh_from_db()
    assert (run.state, run.error_kind) == ("failed", "auth")
    assert (integration.status, integration.status_reason) == ("needs_attention", "auth")
    assert remedy_for(integration.status_reason).fix.startswith("Enter a new token")
