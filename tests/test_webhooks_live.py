"""Signed deliveries of the simulated trackers, doubled, late and in no order: the table follows.

What the trackers send is handed to the endpoint as it is; the run it asks for is carried out.
"""

import random
from collections.abc import Iterator

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from integrations.http import session
from integrations.http.transport import Environment
from integrations.models import IssueHint, SyncRun
from integrations.webhooks import receive
from issues import run_engine
from simulator.server import TrackerServer
from tests.stories import GitHubStory, JiraStory, Story
from tests.test_sync_trackers import assert_true, connected, sync

KINDS = {"github": ("github", GitHubStory), "jira": ("jira", JiraStory)}


@pytest.fixture(scope="module")
def running() -> Iterator[TrackerServer]:
    with TrackerServer(issues=5, quota=None) as server:
        yield server


@pytest.fixture(params=KINDS)
def story(request, db, running, settings, monkeypatch) -> Iterator[Story]:
    monkeypatch.setattr(session, "Environment", lambda: Environment(sleep=lambda _: None))
    settings.DIIP_PRIVATE_HOSTS = [f"127.0.0.1:{running.port}"]
    running.deliveries.unsubscribe_all()
    yield KINDS[request.param][1](running, 40)
    running.deliveries.unsubscribe_all()


@pytest.fixture
def integration(story, running):
    made = connected(story)
    sync(made)
    secret = receive.renew_secret(integration=made, actor=User.objects.get())
    url = f"http://testserver/api/webhooks/{story.provider}/{made.pk}/"
    running.deliveries.behave()
    running.deliveries._post = post
    running.deliveries.subscribe(KINDS[story.provider][0], url, secret)
    running.deliveries.settle()
    running.deliveries.held.clear()  # the greeting
    return made


def post(url: str, body: bytes, headers) -> int:
    sent = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    path = url.removeprefix("http://testserver")
    return (
        APIClient().generic("POST", path, body, content_type="application/json", **sent).status_code
    )


def carry_out() -> None:
    for run in SyncRun.objects.filter(state__in=SyncRun.OPEN_STATES):
        while run_engine.advance_run(run.pk, owner="test") is run_engine.Progress.MORE:
            pass


def test_table_follows_deliveries_that_are_doubled_late_and_shuffled(integration, story, running):
    dice = random.Random(3)
    running.deliveries.behave(copies=2, hold=True, shuffle=True)
    for _ in range(12):
        story.change(dice)

    sent = running.deliveries.release()
    carry_out()

    assert {delivery.status for delivery in sent} <= {200, 202}
    assert len(sent) > 12
    assert IssueHint.objects.count() == 0
    assert set(SyncRun.objects.values_list("state", flat=True)) == {"succeeded"}
    assert_true(integration, story)


def test_polling_brings_what_was_never_delivered(integration, story, running):
    dice = random.Random(4)
    running.deliveries.behave(hold=True, drop=100)
    running.clock.shift(60)
    for _ in range(12):
        story.change(dice)
    running.deliveries.release()

    sync(integration)
    sync(integration, kind="census")

    assert_true(integration, story)


@pytest.mark.parametrize("signature", ["none", "bad", "wrong_secret"])
def test_forged_deliveries_do_nothing(integration, story, running, signature):
    running.deliveries.behave(hold=True, signature=signature)
    story.change(random.Random(5))

    sent = running.deliveries.release()

    assert {delivery.status for delivery in sent} == {401}
    assert IssueHint.objects.count() == 0
