"""Crashes between any two steps, duplicate tasks and a channel outage of a day.

Each alert arrives once as its receiver sees it (a repeated delivery id is no second message), in
one thread, and is resolved there when it is over.
"""

import pytest
from django.core import mail

from analytics import tasks
from analytics.alerts import delivery, delivery_results, outbox, sync_alerts
from analytics.models import Alert, AlertChannel, AlertDelivery, AlertMessage
from analytics.tests.alerting import desk, hooks, webhook
from analytics.tests.receiver import hang_up, reply

__all__ = ["desk", "hooks", "webhook"]


class Killed(BaseException):
    """Simulated death of the process; no code catches it."""


@pytest.fixture
def kill(monkeypatch):
    """Return `kill(module, "name")`: one crash before, or after, the next call."""

    def arrange(module, name, *, after=False):
        real = getattr(module, name)

        def die(*args, **options):
            monkeypatch.setattr(module, name, real)
            if after:
                real(*args, **options)
            raise Killed

        monkeypatch.setattr(module, name, die)

    return arrange


STEPS = {
    "claimed": (outbox, "claim", True),
    "before packing": (outbox, "pack", False),
    "packed": (outbox, "pack", True),
    "before sending": (delivery, "attempt", False),
    "sent": (delivery, "attempt", True),
    "while the message is marked": (delivery_results, "_update_message", True),
    "while the channel is marked": (delivery_results, "working", True),
    "settled": (delivery_results, "store_result", True),
    "before the channel is released": (outbox, "release", False),
}


@pytest.mark.parametrize("step", STEPS)
def test_kill_at_any_step_delivers_each_event_once(webhook, kill, step):
    module, name, after = STEPS[step]
    spike = webhook.spike()
    webhook.check()
    kill(module, name, after=after)
    with pytest.raises(Killed):
        webhook.deliver()
    webhook.turn(seconds=119)
    webhook.turn(seconds=2)
    assert webhook.events() == ["opened"]
    webhook.end(spike)
    webhook.check()
    kill(module, name, after=after)
    with pytest.raises(Killed):
        webhook.deliver()

    webhook.turn(seconds=121)

    assert webhook.events() == ["opened", "resolved"]
    assert webhook.messages() == [("opened", "sent"), ("resolved", "sent")]


@pytest.mark.parametrize("step", STEPS)
def test_kill_at_any_step_delivers_each_mail_once(desk, kill, step):
    module, name, after = STEPS[step]
    desk.rule(desk.channel("email", digest_seconds=0))
    spike = desk.spike()
    desk.check()
    kill(module, name, after=after)
    with pytest.raises(Killed):
        desk.deliver()
    desk.turn(seconds=121)
    desk.end(spike)
    desk.turn(seconds=1)

    by_id = {sent.extra_headers["Message-ID"]: sent for sent in mail.outbox}

    assert len(by_id) == 2
    assert [sent.body.split(":")[0] for sent in by_id.values()] == ["New", "Resolved"]


@pytest.mark.parametrize(
    ("module", "name"),
    [(sync_alerts, "lock_project"), (outbox, "enqueue"), (outbox, "channels_for")],
)
@pytest.mark.parametrize("after", [False, True])
def test_kill_while_opening_leaves_no_partial_state(webhook, kill, module, name, after):
    webhook.spike()
    kill(module, name, after=after)
    with pytest.raises(Killed):
        webhook.check()
    assert (Alert.objects.count(), webhook.messages()) == (0, [])

    webhook.turn()

    assert webhook.events() == ["opened"]


def test_kill_while_resolving_leaves_no_partial_state(webhook, kill):
    spike = webhook.spike()
    webhook.turn()
    webhook.end(spike)
    kill(outbox, "enqueue", after=True)
    with pytest.raises(Killed):
        webhook.check()
    assert webhook.alert.state == "open"

    webhook.turn()

    assert (webhook.alert.state, webhook.events()) == ("resolved", ["opened", "resolved"])


def test_message_with_unknown_delivery_is_repeated_unchanged(webhook):
    webhook.hooks.answers = [hang_up, reply(204)]
    spike = webhook.spike()
    webhook.turn()
    webhook.end(spike)
    webhook.check()

    webhook.turn(minutes=2)

    first, again, over = webhook.hooks.received
    assert (first.delivery_id, first.body) == (again.delivery_id, again.body)
    assert webhook.events() == ["opened", "resolved"]
    assert over.json["data"]["alert"]["id"] == first.json["data"]["alert"]["id"]


# --- down for a day -----------------------------------------------------------------------------


def test_after_an_outage_each_alert_arrives_once_with_current_state(webhook):
    webhook.hooks.answers = [reply(503)]
    spike = webhook.spike(level="notice")
    webhook.integration()
    for _ in range(24):
        webhook.turn(hours=1)
    type(spike).objects.update(level="alert")
    webhook.turn(hours=1)
    tries = len(webhook.hooks.received)
    webhook.hooks.received.clear()
    webhook.hooks.answers = [reply()]

    webhook.turn(hours=2)

    assert tries <= 26
    assert sorted(webhook.events()) == ["opened", "opened"]
    assert {one.json["data"]["alert"]["level"] for one in webhook.hooks.received} == {"alert"}
    assert AlertChannel.objects.get().state == "working"


def test_alert_resolved_during_outage_sends_one_message(webhook):
    webhook.hooks.answers = [reply(503)]
    spike = webhook.spike()
    webhook.turn()
    webhook.end(spike)
    webhook.turn(hours=1)
    webhook.hooks.received.clear()
    webhook.hooks.answers = [reply()]

    webhook.turn(hours=2)

    assert webhook.events() == ["resolved"]
    assert webhook.messages() == [("opened", "dropped"), ("resolved", "sent")]


def test_known_alert_continues_in_its_thread(webhook):
    spike = webhook.spike(level="notice")
    webhook.turn()
    webhook.hooks.answers = [reply(503)]
    type(spike).objects.update(level="alert")
    webhook.turn()
    webhook.end(spike)
    webhook.turn(hours=1)
    webhook.hooks.received.clear()
    webhook.hooks.answers = [reply()]

    webhook.turn(hours=2)

    assert webhook.events() == ["resolved"]
    assert webhook.alert.revision == 3


def test_failing_channel_does_not_delay_others(desk):
    desk.rule(desk.channel(), desk.channel("email", digest_seconds=0))
    desk.hooks.answers = [hang_up]
    desk.spike()

    desk.turn()

    assert len(mail.outbox) == 1
    assert set(AlertChannel.objects.values_list("kind", "state")) == {
        ("webhook", "failing"), ("email", "working"),
    }  # fmt: skip


def test_message_is_given_up_after_a_week(webhook):
    webhook.hooks.answers = [reply(503)]
    webhook.spike()
    webhook.turn()
    webhook.clock.shift(7 * 86_400 + 1)

    tasks.prune_alerts()

    assert webhook.messages() == [("opened", "given_up")]


def test_delivery_log_has_every_attempt(webhook):
    webhook.hooks.answers = [hang_up, reply(500), reply()]
    webhook.spike()
    for _ in range(4):
        webhook.turn(hours=2)

    tries = AlertDelivery.objects.order_by("pk").values_list("success", "status_code")

    assert list(tries) == [(False, None), (False, 500), (True, 204)]
    assert AlertMessage.objects.get().attempts == 3
