"""Crashes between any two steps, doubles, a channel that is down for a day.

Each alert arrives once as its receiver sees it (a repeated delivery id is no second message), in
one thread, and is resolved there when it is over.
"""

import pytest
from django.core import mail

from analytics import tasks
from analytics.alerts import delivery, delivery_results, outbox, sync_alerts
from analytics.models import Alert, AlertChannel, AlertDelivery, AlertMessage
from analytics.tests.alerting import desk, hooks, told
from analytics.tests.receiver import hang_up, reply

__all__ = ["desk", "hooks", "told"]


class Killed(BaseException):
    """The process is gone: nobody catches that."""


@pytest.fixture
def kill(monkeypatch):
    """`kill(module, "name")` before its next call, or after it; then everything works again."""

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
def test_killed_at_any_step_each_event_arrives_once(told, kill, step):
    module, name, after = STEPS[step]
    spike = told.spike()
    told.look()
    kill(module, name, after=after)
    with pytest.raises(Killed):
        told.deliver()
    told.turn(seconds=119)
    told.turn(seconds=2)
    assert told.events() == ["opened"]
    told.end(spike)
    told.look()
    kill(module, name, after=after)
    with pytest.raises(Killed):
        told.deliver()

    told.turn(seconds=121)

    assert told.events() == ["opened", "resolved"]
    assert told.messages() == [("opened", "sent"), ("resolved", "sent")]


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_each_mail_arrives_once(desk, kill, step):
    module, name, after = STEPS[step]
    desk.rule(desk.channel("email", digest_seconds=0))
    spike = desk.spike()
    desk.look()
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
def test_killed_while_raising_nothing_is_half_done(told, kill, module, name, after):
    told.spike()
    kill(module, name, after=after)
    with pytest.raises(Killed):
        told.look()
    assert (Alert.objects.count(), told.messages()) == (0, [])

    told.turn()

    assert told.events() == ["opened"]


def test_killed_while_resolving_nothing_is_half_done(told, kill):
    spike = told.spike()
    told.turn()
    told.end(spike)
    kill(outbox, "enqueue", after=True)
    with pytest.raises(Killed):
        told.look()
    assert told.alert.state == "open"

    told.turn()

    assert (told.alert.state, told.events()) == ("resolved", ["opened", "resolved"])


def test_what_arrived_without_an_answer_is_sent_again_as_it_was(told):
    told.hooks.answers = [hang_up, reply(204)]
    spike = told.spike()
    told.turn()
    told.end(spike)
    told.look()

    told.turn(minutes=2)

    first, again, over = told.hooks.received
    assert (first.delivery_id, first.body) == (again.delivery_id, again.body)
    assert told.events() == ["opened", "resolved"]
    assert over.json["data"]["alert"]["id"] == first.json["data"]["alert"]["id"]


# --- down for a day -----------------------------------------------------------------------------


def test_after_a_day_each_alert_arrives_once_as_it_stands(told):
    told.hooks.answers = [reply(503)]
    spike = told.spike(level="notice")
    told.integration()
    for _ in range(24):
        told.turn(hours=1)
    type(spike).objects.update(level="alert")
    told.turn(hours=1)
    tries = len(told.hooks.received)
    told.hooks.received.clear()
    told.hooks.answers = [reply()]

    told.turn(hours=2)

    assert tries <= 26
    assert sorted(told.events()) == ["opened", "opened"]
    assert {one.json["data"]["alert"]["level"] for one in told.hooks.received} == {"alert"}
    assert AlertChannel.objects.get().state == "working"


def test_what_was_over_before_it_could_be_told_is_told_once(told):
    told.hooks.answers = [reply(503)]
    spike = told.spike()
    told.turn()
    told.end(spike)
    told.turn(hours=1)
    told.hooks.received.clear()
    told.hooks.answers = [reply()]

    told.turn(hours=2)

    assert told.events() == ["resolved"]
    assert told.messages() == [("opened", "dropped"), ("resolved", "sent")]


def test_what_was_told_before_goes_on_in_its_thread(told):
    spike = told.spike(level="notice")
    told.turn()
    told.hooks.answers = [reply(503)]
    type(spike).objects.update(level="alert")
    told.turn()
    told.end(spike)
    told.turn(hours=1)
    told.hooks.received.clear()
    told.hooks.answers = [reply()]

    told.turn(hours=2)

    assert told.events() == ["resolved"]
    assert told.alert.revision == 3


def test_one_channel_that_is_down_keeps_no_other_waiting(desk):
    desk.rule(desk.channel(), desk.channel("email", digest_seconds=0))
    desk.hooks.answers = [hang_up]
    desk.spike()

    desk.turn()

    assert len(mail.outbox) == 1
    assert set(AlertChannel.objects.values_list("kind", "state")) == {
        ("webhook", "failing"), ("email", "working"),
    }  # fmt: skip


def test_a_message_waits_a_week_at_most(told):
    told.hooks.answers = [reply(503)]
    told.spike()
    told.turn()
    told.clock.shift(7 * 86_400 + 1)

    tasks.prune_alerts()

    assert told.messages() == [("opened", "given_up")]


def test_the_log_tells_every_try(told):
    told.hooks.answers = [hang_up, reply(500), reply()]
    told.spike()
    for _ in range(4):
        told.turn(hours=2)

    tries = AlertDelivery.objects.order_by("pk").values_list("success", "status_code")

    assert list(tries) == [(False, None), (False, 500), (True, 204)]
    assert AlertMessage.objects.get().attempts == 3
