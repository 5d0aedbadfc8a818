"""Muting and snoozing an alert, over the API, and what is told then."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from analytics.models import Spike
from analytics.tests.alerting import START, desk, hooks, told
from analytics.tests.receiver import reply

__all__ = ["desk", "hooks", "told"]


@pytest.fixture
def decide(told):
    """`decide("mute")`: as the owner, of the one alert."""

    def post(what: str, **body: object):
        client = APIClient()
        client.force_authenticate(told.owner)
        url = f"/api/projects/{told.project.pk}/alerts/{told.alert.pk}/{what}/"
        return client.post(url, body)

    return post


@pytest.fixture
def spike(told) -> Spike:
    """It is known, and told."""
    spike = told.spike(level="notice")
    told.turn()
    told.hooks.received.clear()
    return spike


def in_hours(hours: float) -> str:
    return (START + timedelta(hours=hours)).isoformat()


def test_a_muted_alert_is_never_told_again(told, spike, decide):
    answer = decide("mute").json()
    Spike.objects.update(level="alert")
    told.turn()
    told.end(spike)
    told.turn(days=1)

    assert (answer["muted_at"], answer["decided_by"]) == ("2026-03-02T12:00:00Z", told.owner.pk)
    assert (told.events(), told.alert.state, told.alert.level) == ([], "resolved", "alert")


def test_muting_drops_what_is_not_sent_yet(told, decide):
    told.hooks.answers = [reply(503)]
    told.spike()
    told.turn()

    decide("mute")
    told.hooks.received.clear()
    told.turn(days=1)

    assert (told.events(), told.messages()) == ([], [("opened", "dropped")])


def test_unmuted_it_goes_on_in_its_thread(told, spike, decide):
    decide("mute")
    Spike.objects.update(level="alert")
    told.turn()

    assert decide("unmute").json()["muted_at"] is None
    told.turn()
    told.end(spike)
    told.turn()

    assert told.events() == ["resolved"]


def test_a_snoozed_alert_is_told_again_when_the_time_is_over(told, spike, decide):
    assert decide("snooze", until=in_hours(8)).json()["snoozed_until"] == "2026-03-02T20:00:00Z"
    Spike.objects.update(level="alert")
    told.turn(hours=7.9)
    assert told.events() == []

    told.turn(hours=0.1)
    told.turn(hours=9)

    [received] = told.hooks.received
    assert (told.events(), received.json["data"]["alert"]["level"]) == (["updated"], "alert")
    assert told.alert.snoozed_until is None


def test_what_ended_while_it_was_snoozed_is_told_after(told, spike, decide):
    decide("snooze", until=in_hours(8))
    told.end(spike)
    told.turn(hours=1)
    assert (told.events(), told.alert.state) == ([], "resolved")

    told.turn(hours=7)
    told.turn(hours=9)

    assert told.events() == ["resolved"]
    assert told.alert.resolved_at == START + timedelta(hours=1)


def test_a_snooze_can_be_ended(told, spike, decide):
    decide("snooze", until=in_hours(8))

    decide("snooze", until=None)
    told.turn(seconds=1)

    assert told.events() == ["updated"]


def test_a_snooze_of_what_was_never_sent_opens_it_later(told, decide):
    told.hooks.answers = [reply(503)]
    told.spike()
    told.turn()
    decide("snooze", until=in_hours(8))
    told.hooks.answers = [reply()]
    told.hooks.received.clear()

    told.turn(hours=9)

    assert told.events() == ["opened"]


@pytest.mark.parametrize("until", [in_hours(-1), in_hours(0), "tomorrow", 7, ""])
def test_a_snooze_ends_in_the_future(spike, told, decide, until):
    answer = decide("snooze", until=until)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "until")
    assert told.alert.snoozed_until is None


def test_muted_and_snoozed_stays_muted(told, spike, decide):
    decide("snooze", until=in_hours(1))
    decide("mute")

    told.turn(hours=2)

    assert (told.events(), told.alert.is_quiet) == ([], True)
