"""Told to wait, or refused: counted in the request log of each simulated tracker, whoever presses.

Time passes by moving the dates of the rows: the database has a clock of its own.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db.models import F

from accounts.models import User
from analytics.alerts import sync_alerts
from analytics.models import Alert, AlertChannel, AlertMessage, AlertRule
from diip.common.errors import Conflict, Unavailable
from integrations.http import session
from integrations.http.transport import Environment
from integrations.lifecycle.connect import Change, change_integration, connect_scope
from integrations.lifecycle.pause_resume import resume_integration
from integrations.lifecycle.sync_requests import request_sync
from integrations.models import Integration, SyncRun, WebhookDelivery
from integrations.webhooks import deliveries
from integrations.webhooks.deliveries import Taken
from issues import run_engine, services
from issues.sync import scheduler
from projects.models import Project
from simulator.server import TrackerServer
from tests.stories import STORIES, Story

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TOLD_MINUTES = 10
DATES = {
    Integration: ("next_sync_at", "quiet_until", "status_since", "token_refused_at"),
    SyncRun: ("not_before", "sent_at", "lease_until"),
}


@pytest.fixture(scope="module")
def trackers() -> Iterator[TrackerServer]:
    with TrackerServer(issues=5, quota=None) as server:
        yield server


@pytest.fixture(params=STORIES)
def story(request, trackers, settings, monkeypatch) -> Story:
    monkeypatch.setattr(session, "Environment", lambda: Environment(sleep=lambda _: None))
    settings.DIIP_PRIVATE_HOSTS = [f"127.0.0.1:{trackers.port}"]
    trackers.faults.clear()
    trackers.stackexchange.limits.forget()
    return STORIES[request.param](trackers, size=5)


@pytest.fixture
def owner(db) -> User:
    return User.objects.create_user("ann@example.com", "correct horse 9")


@pytest.fixture
def project(db) -> Project:
    project = Project.objects.create(name="Story")
    channel = AlertChannel.objects.create(project=project, kind="email", name="Mail")
    rule = AlertRule.objects.create(project=project, name="All", topics=["integration"])
    rule.channels.add(channel)
    return project


@pytest.fixture
def integration(project, owner, story, trackers) -> Integration:
    return connect(project, owner, story, trackers)


def connect(project, owner, story, trackers) -> Integration:
    made = connect_scope(project=project, actor=owner, provider=story.provider, given=story.given)
    trackers.journal.clear()
    return made


def pass_time(trackers: TrackerServer, wait: timedelta) -> None:
    trackers.clock.shift(wait.total_seconds())
    for model, names in DATES.items():
        for name in names:
            model.objects.exclude(**{name: None}).update(**{name: F(name) - wait})


def press_everything(owner: User) -> None:
    """Beat, and everybody who wants a sync now."""
    run_ids = set(services.start_due_syncs()) | {turn.run_id for turn in scheduler.dispatch_runs()}
    for integration in Integration.objects.all():
        taken = Taken(WebhookDelivery.Effect.SCOPE, "push", integration)
        for ask in (
            lambda row: request_sync(integration=row, trigger="manual"),
            lambda row: resume_integration(integration=row, actor=owner),
            lambda row, taken=taken: deliveries.ask_for_run(taken),
        ):
            try:
                ask(integration)
            except Conflict:
                integration.refresh_from_db()
    services.retry_failed()
    for run_id in run_ids | set(SyncRun.objects.values_list("pk", flat=True)):
        run_engine.advance_run(run_id, owner="test")
    sync_alerts.raise_alerts()


def requests(trackers: TrackerServer) -> list[object]:
    """All that show a token: what kind of Jira it is, is asked without."""
    seen = (one for one in trackers.journal.all() if "_control" not in one.path)
    return [one for one in seen if not one.path.endswith(("/serverInfo", "/tenant_info"))]


def tell_to_wait(trackers: TrackerServer, story: Story) -> None:
    if story.provider == "stackoverflow":
        trackers.stackexchange.backoff(seconds=TOLD_MINUTES * 60, times=9)
    else:
        trackers.faults.add(
            "secondary_limit", path="/", times=None, status=429, retry_after=TOLD_MINUTES * 60
        )


def test_nothing_is_asked_before_the_time_and_one_probe_after(integration, owner, story, trackers):
    tell_to_wait(trackers, story)
    press_everything(owner)
    for _ in range(2):
        trackers.journal.clear()
        for _ in range(TOLD_MINUTES - 1):
            pass_time(trackers, MINUTE)
            press_everything(owner)
        before = len(requests(trackers))
        pass_time(trackers, 2 * MINUTE)
        press_everything(owner)

        assert before == 0
        assert len(requests(trackers)) == 1
    assert not Alert.objects.exists()


def test_pausing_and_a_new_token_do_not_shorten_the_wait_of_an_address(
    integration, owner, story, trackers
):
    tell_to_wait(trackers, story)
    press_everything(owner)
    trackers.journal.clear()
    for is_paused in (True, False):
        change_integration(integration=integration, actor=owner, change=Change(paused=is_paused))
        press_everything(owner)
    with pytest.raises(Unavailable):
        change_integration(
            integration=integration,
            actor=owner,
            change=Change(token=story.given.get("token", story.given.get("key"))),
        )

    assert requests(trackers) == []


def refuse(trackers: TrackerServer) -> None:
    trackers.faults.add("status", path="/", times=None, status=401)


def test_refused_token_is_confirmed_once_then_never_shown_again(
    integration, owner, story, trackers
):
    refuse(trackers)
    press_everything(owner)
    after_refusal = len(requests(trackers)) - 1
    trackers.journal.clear()
    for wait in [MINUTE] * 5 + [HOUR] * 24 + [24 * HOUR] * 3:
        pass_time(trackers, wait)
        press_everything(owner)
    for is_paused in (True, False):
        change_integration(integration=integration, actor=owner, change=Change(paused=is_paused))
        press_everything(owner)

    assert after_refusal <= 1
    assert requests(trackers) == []
    assert AlertMessage.objects.filter(event="opened", alert__revision=1).count() <= 1


def test_refused_token_is_one_alert_and_a_new_one_goes_on(integration, owner, story, trackers):
    refuse(trackers)
    for _ in range(5):
        press_everything(owner)
        pass_time(trackers, HOUR)
    told = list(AlertMessage.objects.values_list("event", flat=True))
    trackers.faults.clear()

    change = Change(token=story.given.get("token", story.given.get("key")))
    change_integration(integration=integration, actor=owner, change=change)
    press_everything(owner)

    assert told == ["opened"]
    assert list(AlertMessage.objects.order_by("pk").values_list("event", flat=True)) == [
        "opened",
        "resolved",
    ]
    assert Integration.objects.get().status == "healthy"


def test_second_integration_does_not_show_the_refused_token(
    integration, project, owner, story, trackers
):
    twin = type(story)(trackers, size=5, **twin_of(story))
    # Of a site of Stack Exchange a project has one.
    is_alone = story.provider == "stackoverflow"
    other = Project.objects.create(name="Twin") if is_alone else project
    connect(other, owner, twin, trackers)
    refuse(trackers)
    press_everything(owner)
    press_everything(owner)

    assert len(requests(trackers)) <= 2
    assert set(Integration.objects.values_list("status_reason", flat=True)) == {"auth"}
    assert list(AlertMessage.objects.values_list("event", flat=True)) == ["opened"]


def twin_of(story: Story) -> dict[str, object]:
    return {"cloud": story.cloud} if story.provider == "jira" else {}
