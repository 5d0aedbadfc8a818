"""Concurrent duplicates of alert tasks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from analytics.alerts import channels, outbox, user_actions
from analytics.alerts.channels import Given
from analytics.models import Alert, AlertChannel, AlertDelivery, AlertMessage
from analytics.tests.alerting import desk, hooks, webhook

__all__ = ["desk", "hooks", "webhook"]

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


def test_concurrent_checks_open_each_alert_once(webhook):
    for number in range(3):
        webhook.spike(series_kind="label", series_value=f"l{number}")
    webhook.integration()

    at_once(*[webhook.check] * 4)
    webhook.check()

    assert (Alert.objects.count(), webhook.messages()) == (4, [("opened", "due")] * 4)


def test_concurrent_checks_resolve_each_alert_once(webhook):
    spike = webhook.spike()
    webhook.check()
    webhook.end(spike)

    at_once(*[webhook.check] * 4)
    webhook.check()

    assert webhook.alert.revision == 2
    assert webhook.messages() == [("opened", "due"), ("resolved", "due")]


def test_concurrent_delivery_sends_each_message_once(webhook):
    webhook.rule(*(webhook.channel() for _ in range(3)))
    for number in range(3):
        webhook.spike(series_kind="label", series_value=f"l{number}")
    webhook.check()

    at_once(*[webhook.deliver] * 4)
    webhook.deliver()

    assert len(webhook.hooks.received) == len(webhook.hooks.received_events()) == 12
    assert AlertDelivery.objects.count() == 12
    assert set(AlertMessage.objects.values_list("state", "attempts")) == {("sent", 1)}


def test_concurrent_check_and_delivery_lose_nothing(webhook):
    spikes = [webhook.spike(series_kind="label", series_value=f"l{n}") for n in range(3)]
    at_once(webhook.check, webhook.deliver, webhook.check, webhook.deliver)
    for spike in spikes:
        webhook.end(spike)

    at_once(webhook.check, webhook.deliver, webhook.check, webhook.deliver)
    webhook.turn(seconds=10)

    assert sorted(set(webhook.events())) in (["opened", "resolved"], ["resolved"])
    assert webhook.events().count("resolved") == 3
    assert not AlertMessage.objects.filter(state="due").exists()


def test_concurrent_claims_grant_one(webhook):
    channel = AlertChannel.objects.get()
    now = channel.created_at

    taken = at_once(*[lambda: outbox.claim(channel.pk, now)] * 4)

    assert sum(one is not None for one in taken) == 1


def test_mute_during_check_persists(webhook):
    spike = webhook.spike()
    webhook.check()
    webhook.end(spike)

    at_once(
        webhook.check,
        lambda: user_actions.mute(alert=webhook.alert, actor=webhook.owner),
        webhook.deliver,
    )
    webhook.turn()

    assert webhook.alert.muted_at
    assert not AlertMessage.objects.filter(state="due").exists()


def test_concurrent_channels_of_one_name_create_one(webhook):
    def make() -> bool:
        given = Given({"name": "Hook"}, webhook.hooks.url)
        try:
            channels.create_channel(
                project=webhook.project, actor=webhook.owner, kind="slack", given=given
            )
        except channels.Conflict:
            return False
        return True

    assert sorted(at_once(*[make] * 3)) == [False, False, True]


def test_worker_without_claim_does_not_change_channel(webhook):
    webhook.spike()
    webhook.check()
    channel = AlertChannel.objects.get()
    late = outbox.claim(channel.pk, channel.created_at)
    AlertChannel.objects.update(claimed_until=None)
    webhook.deliver()

    with pytest.raises(outbox.ClaimLost):
        outbox.pack(late)
    outbox.release(late)

    assert len(webhook.hooks.received) == 1
