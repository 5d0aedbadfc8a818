"""Rows in recorded shapes, served over HTTP in GitHub's form, synced and stored."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from integrations.lifecycle.connect import connect_scope
from integrations.lifecycle.sync_requests import request_sync
from integrations.models import Integration, SyncRun
from integrations.tests.upstream import Upstream, upstream
from issues import run_engine
from issues.models import Comment, Issue, Transition
from projects.models import Project
from tests.recorded_pages import load
from tests.replay import Replay

pytestmark = pytest.mark.django_db

REPOSITORY = "lamp-works/lamp"


@pytest.fixture
def replay() -> Replay:
    """Pages of three rows; the list of events is newest first and names its issues."""
    rows = load("github/issues")
    by_number = {row["number"]: row for row in rows}
    events = [
        event | {"issue": by_number[line["number"]]}
        for line in load("github/timeline")
        for event in line["events"]
        if event["event"] != "commented"
    ]
    lists: dict[str, list[dict[str, Any]]] = {
        "/issues": sorted(rows, key=lambda row: row["created_at"]),
        "/issues/comments": load("github/comments"),
        "/issues/events": sorted(events, key=lambda row: row["created_at"], reverse=True),
    }
    return Replay(REPOSITORY, 70001, lists, per_page=3)


@pytest.fixture
def server(replay: Replay, settings: Settings) -> Iterator[Upstream]:
    with upstream(replay) as running:
        settings.DIIP_PRIVATE_HOSTS = [f"127.0.0.1:{running.port}"]
        yield running


@pytest.fixture
def integration(server: Upstream) -> Integration:
    return connect_scope(
        project=Project.objects.create(name="Lamp"),
        actor=User.objects.create_user("ann@example.com", "correct horse 9"),
        provider="github",
        given={"token": "any", "repository": REPOSITORY, "api_url": server.url},
    )


def sync(integration: Integration) -> SyncRun:
    run, _ = request_sync(integration=integration, trigger="manual")
    while run_engine.advance_run(run.pk, owner="test") is run_engine.Progress.MORE:
        pass
    run.refresh_from_db()
    return run


def test_rows_are_stored_as_they_are(integration: Integration) -> None:
    run = sync(integration)

    assert (run.state, run.quarantined, run.orphaned, run.repaired) == ("succeeded", 0, 0, 1)
    stored = Issue.objects.order_by("opened_at")
    assert list(stored.values_list("key", "status", "outcome", "author__login")) == [
        ("#18", "done", "delivered", "pia-stone"),
        ("#11", "done", "delivered", "wren-ash"),
        ("#12", "done", "delivered", "ghost"),
        ("#16", "done", "not_planned", "sol-marsh"),
        ("#20", "done", "duplicate", "sol-marsh"),
        ("#13", "todo", None, "kit-lowe"),
    ]
    assert stored[0].closed_at == datetime(2024, 3, 24, 15, 11, 50, tzinfo=UTC)
    assert stored[1].body == "It went dark.\n\n1. Plug it in.\n2. Turn the shade.\ufffd"


def test_comments_and_history_are_stored_with_their_issues(integration: Integration) -> None:
    run = sync(integration)

    [comment] = Comment.objects.all()
    assert (comment.issue.key, comment.body) == ("#12", "It happens on the blue model only.")
    assert run.comments_stored == 1
    moves = Transition.objects.filter(issue__key="#13").order_by("occurred_at")
    assert list(moves.values_list("field", "from_value", "to_value")) == [
        ("status", "open", "closed"),
        ("title", "Switch is stiff", "Switch is hard to press"),
        ("status", "closed", "open"),
    ]
    assert Transition.objects.count() == run.transitions_stored == 14


def test_second_sync_costs_one_conditional_request_a_feed(
    integration: Integration, replay: Replay
) -> None:
    sync(integration)
    before = list(Issue.objects.order_by("pk").values())
    replay.asked.clear()

    sync(integration)

    assert replay.asked == [("/issues", 304), ("/issues/comments", 304), ("/issues/events", 304)]
    assert list(Issue.objects.order_by("pk").values()) == before
