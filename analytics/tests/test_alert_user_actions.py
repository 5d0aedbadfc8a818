"""Mute and snooze over the API, and the messages sent afterwards."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from analytics.models import Spike
from analytics.tests.alerting import START, desk, hooks, webhook
from analytics.tests.receiver import reply

__all__ = ["desk", "hooks", "webhook"]


@pytest.fixture
def act(webhook):
    """Return `act("mute")`: an action of the owner on the only alert."""

    def post(what: str, **body: object):
        client = APIClient()
        client.force_authenticate(webhook.owner)
        url = f"/api/projects/{webhook.project.pk}/alerts/{webhook.alert.pk}/{what}/"
        return client.post(url, body)

    return post


@pytest.fixture
def spike(webhook) -> Spike:
    """Create a spike whose alert was sent."""
    spike = webhook.spike(level="notice")
    webhook.turn()
    webhook.hooks.received.clear()
    return spike


def in_hours(hours: float) -> str:
    return (START + timedelta(hours=hours)).isoformat()


def test_muted_alert_sends_nothing(webhook, spike, act):
    answer = act("mute").json()
    Spike.objects.update(level="alert")
    webhook.turn()
    webhook.end(spike)
    webhook.turn(days=1)

    assert (answer["muted_at"], answer["decided_by"]) == ("2026-03-02T12:00:00Z", webhook.owner.pk)
    assert (webhook.events(), webhook.alert.state, webhook.alert.level) == ([], "resolved", "alert")


def test_muting_drops_unsent_messages(webhook, act):
    webhook.hooks.answers = [reply(503)]
    webhook.spike()
    webhook.turn()

    act("mute")
    webhook.hooks.received.clear()
    webhook.turn(days=1)

    assert (webhook.events(), webhook.messages()) == ([], [("opened", "dropped")])


def test_unmuted_alert_continues_in_its_thread(webhook, spike, act):
    act("mute")
    Spike.objects.update(level="alert")
    webhook.turn()

    assert act("unmute").json()["muted_at"] is None
    webhook.turn()
    webhook.end(spike)
    webhook.turn()

    assert webhook.events() == ["resolved"]


def test_snoozed_alert_sends_again_after_expiry(webhook, spike, act):
    assert act("snooze", until=in_hours(8)).json()["snoozed_until"] == "2026-03-02T20:00:00Z"
    Spike.objects.update(level="alert")
    webhook.turn(hours=7.9)
    assert webhook.events() == []

    webhook.turn(hours=0.1)
    webhook.turn(hours=9)

    [received] = webhook.hooks.received
    assert (webhook.events(), received.json["data"]["alert"]["level"]) == (["updated"], "alert")
    assert webhook.alert.snoozed_until is None


def test_alert_resolved_during_snooze_is_sent_after_it(webhook, spike, act):
    act("snooze", until=in_hours(8))
    webhook.end(spike)
    webhook.turn(hours=1)
    assert (webhook.events(), webhook.alert.state) == ([], "resolved")

    webhook.turn(hours=7)
    webhook.turn(hours=9)

    assert webhook.events() == ["resolved"]
    assert webhook.alert.resolved_at == START + timedelta(hours=1)


def test_snooze_can_be_ended(webhook, spike, act):
    act("snooze", until=in_hours(8))

    act("snooze", until=None)
    webhook.turn(seconds=1)

    assert webhook.events() == ["updated"]


def test_snooze_of_unsent_alert_opens_it_later(webhook, act):
    webhook.hooks.answers = [reply(503)]
    webhook.spike()
    webhook.turn()
    act("snooze", until=in_hours(8))
    webhook.hooks.answers = [reply()]
    webhook.hooks.received.clear()

    webhook.turn(hours=9)

    assert webhook.events() == ["opened"]


@pytest.mark.parametrize("until", [in_hours(-1), in_hours(0), "tomorrow", 7, ""])
def test_snooze_until_past_is_rejected(spike, webhook, act, until):
    answer = act("snooze", until=until)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "until")
    assert webhook.alert.snoozed_until is None


def test_muted_and_snoozed_alert_stays_muted(webhook, spike, act):
    act("snooze", until=in_hours(1))
    act("mute")

    webhook.turn(hours=2)

    assert (webhook.events(), webhook.alert.is_quiet) == ([], True)
