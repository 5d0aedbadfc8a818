"""Signed webhooks, as an independent receiver reads them, and what its answers mean."""

import base64
import hashlib
import hmac
import time
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet

from analytics.alerts import channel_secrets, channels, delivery, outbox
from analytics.alerts.channels import Given
from analytics.alerts.delivery_results import Tried, store_result
from analytics.alerts.send_result import SendResult, SendStatus
from analytics.alerts.senders.webhook import sign
from analytics.models import AlertChannel, AlertDelivery
from analytics.tests.alerting import START, desk, hooks, told
from analytics.tests.receiver import Received, hang_up, reply
from integrations.lifecycle import key_rotation

__all__ = ["desk", "hooks", "told"]


def is_genuine(received: Received, secret: str) -> bool:
    """By the words of the standard, with nothing of ours."""
    head = received.headers
    content = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + received.body
    key = base64.b64decode(secret.split("_", 1)[1])
    wanted = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return f"v1,{wanted}" in head["webhook-signature"].split(" ")


def secret_of(channel: AlertChannel) -> str:
    return channel_secrets.read(channel).keys[0]


def test_the_standards_own_example_is_signed_as_it_says():
    signed = b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'

    signature = sign(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], signed)

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_message_has_the_documented_shape(told):
    spike = told.spike()

    told.turn()

    [received] = told.hooks.received
    data = received.json["data"]
    assert received.json.keys() == {"type", "version", "timestamp", "data"}
    assert (received.json["type"], received.json["version"]) == ("alert.opened", 1)
    assert data["project"] == {"id": told.project.pk, "name": "Ours"}
    assert data["alert"]["subject"] == f"spike:{spike.pk}"
    assert data["alert"]["details"]["spike_id"] == spike.pk
    assert (data["alert"]["state"], data["alert"]["resolved_at"]) == ("open", None)


def test_a_message_is_signed_with_the_time_of_its_try(told):
    told.hooks.answers = [hang_up, reply()]
    told.spike()
    told.turn()
    told.turn(minutes=2)

    first, again = told.hooks.received

    times = [int(one.headers["webhook-timestamp"]) for one in (first, again)]
    assert times == [int(START.timestamp()), int(START.timestamp()) + 120]
    secret = secret_of(AlertChannel.objects.get())
    assert is_genuine(first, secret)
    assert is_genuine(again, secret)
    assert not is_genuine(first, channel_secrets.Address("").with_new_key().keys[0])


def test_a_key_is_changed_without_a_gap(told):
    channel = AlertChannel.objects.get()
    before = secret_of(channel)

    after = channels.renew_key(channel=channel, actor=told.owner).keys[0]
    told.spike()
    told.turn()

    [received] = told.hooks.received
    assert before != after
    assert is_genuine(received, before)
    assert is_genuine(received, after)


def test_the_third_key_ends_the_first(told):
    channel = AlertChannel.objects.get()
    first = secret_of(channel)
    for _ in range(2):
        channels.renew_key(channel=channel, actor=told.owner)

    told.spike()
    told.turn()

    assert not is_genuine(told.hooks.received[0], first)


# --- answers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "state", "wait"),
    [
        (reply(200), "working", None),
        (reply(202, b"thanks"), "working", None),
        (reply(302, location="https://example.com/"), "failing", 66),
        (reply(404), "failing", 66),
        (reply(429, retry_after="1200"), "failing", 1200),
        (reply(500), "failing", 66),
        (reply(503, retry_after="90"), "failing", 90),
        (reply(410), "broken", None),
        (hang_up, "failing", 66),
    ],
)
def test_what_an_answer_means(told, answer, state, wait):
    told.hooks.answers = [answer]
    told.spike()

    told.turn()

    channel = AlertChannel.objects.get()
    left = channel.not_before and (channel.not_before - START).total_seconds()
    assert (channel.state, bool(channel.state_message)) == (state, state != "working")
    assert (left is None) is (wait is None)
    assert wait is None or wait / 1.1 <= left <= wait
    assert len(told.hooks.received) == 1


def test_nothing_is_sent_before_the_moment_it_asked_for(told):
    told.hooks.answers = [reply(429, retry_after="1200"), reply()]
    told.spike()
    told.turn()

    told.turn(seconds=1199)
    assert len(told.hooks.received) == 1
    told.turn(seconds=1)

    assert len(told.hooks.received) == 2
    assert AlertChannel.objects.get().state == "working"


def test_a_message_that_is_not_taken_keeps_no_other_waiting(told):
    told.hooks.answers = [reply(422), reply()]
    told.spike()
    told.integration()

    told.turn()

    assert sorted(state for _, state in told.messages()) == ["due", "sent"]


def test_a_message_that_is_never_taken_is_given_up(told):
    told.hooks.answers = [reply(400)]
    told.spike()
    for _ in range(8):
        told.turn(hours=1)

    assert told.messages() == [("opened", "given_up")]
    assert (len(told.hooks.received), AlertDelivery.objects.count()) == (5, 5)


def test_after_days_of_failure_it_is_not_tried_any_more(told):
    told.hooks.answers = [reply(500)]
    told.spike()
    for _ in range(5 * 24 + 1):
        told.turn(hours=1)
    tries = len(told.hooks.received)

    told.turn(days=1)

    channel = AlertChannel.objects.get()
    assert (channel.state, len(told.hooks.received)) == ("broken", tries)
    assert "since 02 March 2026" in channel.state_message
    assert "enable the channel" in channel.state_message


def test_two_failures_a_week_apart_break_nothing(told):
    told.hooks.answers = [reply(500)]
    told.spike()
    told.turn()

    told.turn(days=6)

    assert AlertChannel.objects.get().state == "failing"


def test_a_mended_channel_is_told_what_waits(told):
    told.hooks.answers = [reply(410), reply()]
    told.spike()
    told.turn()

    channels.enable_channel(channel=AlertChannel.objects.get(), actor=told.owner)
    told.turn()

    assert (told.events(), AlertChannel.objects.get().state) == (["opened"], "working")


def test_what_comes_of_the_old_address_says_nothing_of_the_new_one(told):
    told.spike()
    told.look()
    channel = AlertChannel.objects.get()
    parcel = outbox.pack(outbox.claim(channel.pk, START))
    given = Given({}, told.hooks.url + "/new")
    channels.change_channel(channel=channel, actor=told.owner, given=given)

    assert not store_result(Tried(parcel, SendResult(SendStatus.BROKEN, "Gone."), 1))
    told.deliver()

    assert AlertChannel.objects.get().state == "working"
    assert told.hooks.received[0].path == "/hook/new"


def test_an_address_that_became_private_is_not_asked(told, settings):
    settings.DIIP_PRIVATE_HOSTS = []
    told.spike()

    told.turn()

    assert told.hooks.received == []
    assert "DIIP_PRIVATE_HOSTS" in AlertChannel.objects.get().state_message


def test_what_no_key_can_read_asks_for_the_address(told, settings):
    settings.DIIP_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    told.spike()
    told.turn()
    assert "Enter it again" in AlertChannel.objects.get().state_message

    given = Given({}, told.hooks.url)
    channels.change_channel(channel=AlertChannel.objects.get(), actor=told.owner, given=given)
    told.turn()

    assert told.events() == ["opened"]


def test_a_channel_that_moves_keeps_its_key(told):
    secret = secret_of(AlertChannel.objects.get())
    given = Given({}, told.hooks.url + "/elsewhere?a=b")
    channels.change_channel(channel=AlertChannel.objects.get(), actor=told.owner, given=given)

    told.spike()
    told.turn()

    assert told.hooks.received[0].path == "/hook/elsewhere?a=b"
    assert is_genuine(told.hooks.received[0], secret)


def test_rotating_the_encryption_keys_moves_channels_too(told, settings):
    old, new = settings.DIIP_ENCRYPTION_KEYS, Fernet.generate_key().decode()
    settings.DIIP_ENCRYPTION_KEYS = [new, *old]
    assert key_rotation.count_keys() == key_rotation.RotationReport(old=1)

    assert key_rotation.rotate() == key_rotation.RotationReport(rotated=1)

    settings.DIIP_ENCRYPTION_KEYS = [new]
    assert channel_secrets.read(AlertChannel.objects.get()).url == told.hooks.url


def test_a_worker_does_not_stay_longer_than_it_may(told):
    for number in range(3):
        told.spike(series_kind="label", series_value=f"l{number}")

    def slow(handler):
        told.clock.shift(8)
        reply()(handler)

    told.hooks.answers = [slow]
    told.look()
    delivery.deliver_due(seconds=15, clock=time.time)
    assert len(told.hooks.received) == 2
    told.turn()

    assert len(told.hooks.told()) == 3


def test_the_ladder_ends_at_an_hour(told):
    told.hooks.answers = [reply(500)]
    told.spike()
    for _ in range(12):
        told.turn(hours=2)

    left = AlertChannel.objects.get().not_before - (START + timedelta(hours=24))

    assert timedelta(minutes=60) <= left <= timedelta(minutes=66)
