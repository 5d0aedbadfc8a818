"""Tasks that are doubled, at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from analytics.alerts import channels, outbox, user_actions
from analytics.alerts.channels import Given
from analytics.models import Alert, AlertChannel, AlertDelivery, AlertMessage
from analytics.tests.alerting import desk, hooks, told

__all__ = ["desk", "hooks", "told"]

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], object]) -> list[object]:
    together = Barrier(len(acts))

    def wait_and_act(act: Callable[[], object]) -> object:
        together.wait()
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(wait_and_act, acts))


def test_looking_at_once_opens_each_alert_once(told):
    for number in range(3):
        told.spike(series_kind="label", series_value=f"l{number}")
    told.integration()

    at_once(*[told.look] * 4)
    told.look()

    assert (Alert.objects.count(), told.messages()) == (4, [("opened", "due")] * 4)


def test_looking_at_once_resolves_each_alert_once(told):
    spike = told.spike()
    told.look()
    told.end(spike)

    at_once(*[told.look] * 4)
    told.look()

    assert told.alert.revision == 2
    assert told.messages() == [("opened", "due"), ("resolved", "due")]


def test_delivering_at_once_sends_each_message_once(told):
    told.rule(*(told.channel() for _ in range(3)))
    for number in range(3):
        told.spike(series_kind="label", series_value=f"l{number}")
    told.look()

    at_once(*[told.deliver] * 4)
    told.deliver()

    assert len(told.hooks.received) == len(told.hooks.told()) == 12
    assert AlertDelivery.objects.count() == 12
    assert set(AlertMessage.objects.values_list("state", "attempts")) == {("sent", 1)}


def test_looking_and_delivering_at_once_lose_nothing(told):
    spikes = [told.spike(series_kind="label", series_value=f"l{n}") for n in range(3)]
    at_once(told.look, told.deliver, told.look, told.deliver)
    for spike in spikes:
        told.end(spike)

    at_once(told.look, told.deliver, told.look, told.deliver)
    told.turn(seconds=10)

    assert sorted(set(told.events())) in (["opened", "resolved"], ["resolved"])
    assert told.events().count("resolved") == 3
    assert not AlertMessage.objects.filter(state="due").exists()


def test_of_two_claims_at_once_one_is_given(told):
    channel = AlertChannel.objects.get()
    now = channel.created_at

    taken = at_once(*[lambda: outbox.claim(channel.pk, now)] * 4)

    assert sum(one is not None for one in taken) == 1


def test_muting_while_it_is_looked_at_lasts(told):
    spike = told.spike()
    told.look()
    told.end(spike)

    at_once(told.look, lambda: user_actions.mute(alert=told.alert, actor=told.owner), told.deliver)
    told.turn()

    assert told.alert.muted_at
    assert not AlertMessage.objects.filter(state="due").exists()


def test_channels_of_one_name_at_once_are_one(told):
    def make() -> bool:
        given = Given({"name": "Hook"}, told.hooks.url)
        try:
            channels.create_channel(
                project=told.project, actor=told.owner, kind="slack", given=given
            )
        except channels.Conflict:
            return False
        return True

    assert sorted(at_once(*[make] * 3)) == [False, False, True]


def test_who_lost_the_claim_writes_nothing_about_the_channel(told):
    told.spike()
    told.look()
    channel = AlertChannel.objects.get()
    late = outbox.claim(channel.pk, channel.created_at)
    AlertChannel.objects.update(claimed_until=None)
    told.deliver()

    with pytest.raises(outbox.ClaimLost):
        outbox.pack(late)
    outbox.release(late)

    assert len(told.hooks.received) == 1
