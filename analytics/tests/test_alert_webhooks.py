"""Signed webhooks as an independent receiver verifies them, and its responses."""

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
from analytics.tests.alerting import START, desk, hooks, webhook
from analytics.tests.receiver import Received, hang_up, reply
from integrations.lifecycle import key_rotation

__all__ = ["desk", "hooks", "webhook"]


def is_genuine(received: Received, secret: str) -> bool:
    """Verify a signature from the standard alone, without DIIP code."""
    head = received.headers
    content = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + received.body
    key = base64.b64decode(secret.split("_", 1)[1])
    wanted = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return f"v1,{wanted}" in head["webhook-signature"].split(" ")


def secret_of(channel: AlertChannel) -> str:
    return channel_secrets.read(channel).keys[0]


def test_example_of_the_standard_has_its_signature():
    signed = b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'

    signature = sign(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], signed)

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_message_has_the_documented_shape(webhook):
    spike = webhook.spike()

    webhook.turn()

    [received] = webhook.hooks.received
    data = received.json["data"]
    assert received.json.keys() == {"type", "version", "timestamp", "data"}
    assert (received.json["type"], received.json["version"]) == ("alert.opened", 1)
    assert data["project"] == {"id": webhook.project.pk, "name": "Ours"}
    assert data["alert"]["subject"] == f"spike:{spike.pk}"
    assert data["alert"]["details"]["spike_id"] == spike.pk
    assert (data["alert"]["state"], data["alert"]["resolved_at"]) == ("open", None)


def test_signature_uses_the_time_of_the_attempt(webhook):
    webhook.hooks.answers = [hang_up, reply()]
    webhook.spike()
    webhook.turn()
    webhook.turn(minutes=2)

    first, again = webhook.hooks.received

    times = [int(one.headers["webhook-timestamp"]) for one in (first, again)]
    assert times == [int(START.timestamp()), int(START.timestamp()) + 120]
    secret = secret_of(AlertChannel.objects.get())
    assert is_genuine(first, secret)
    assert is_genuine(again, secret)
    assert not is_genuine(first, channel_secrets.Address("").with_new_key().keys[0])


def test_old_key_still_signs_after_renewal(webhook):
    channel = AlertChannel.objects.get()
    before = secret_of(channel)

    after = channels.renew_key(channel=channel, actor=webhook.owner).keys[0]
    webhook.spike()
    webhook.turn()

    [received] = webhook.hooks.received
    assert before != after
    assert is_genuine(received, before)
    assert is_genuine(received, after)


def test_third_key_replaces_the_first(webhook):
    channel = AlertChannel.objects.get()
    first = secret_of(channel)
    for _ in range(2):
        channels.renew_key(channel=channel, actor=webhook.owner)

    webhook.spike()
    webhook.turn()

    assert not is_genuine(webhook.hooks.received[0], first)


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
def test_response_sets_channel_state(webhook, answer, state, wait):
    webhook.hooks.answers = [answer]
    webhook.spike()

    webhook.turn()

    channel = AlertChannel.objects.get()
    left = channel.not_before and (channel.not_before - START).total_seconds()
    assert (channel.state, bool(channel.state_message)) == (state, state != "working")
    assert (left is None) is (wait is None)
    assert wait is None or wait / 1.1 <= left <= wait
    assert len(webhook.hooks.received) == 1


def test_retry_after_of_endpoint_is_respected(webhook):
    webhook.hooks.answers = [reply(429, retry_after="1200"), reply()]
    webhook.spike()
    webhook.turn()

    webhook.turn(seconds=1199)
    assert len(webhook.hooks.received) == 1
    webhook.turn(seconds=1)

    assert len(webhook.hooks.received) == 2
    assert AlertChannel.objects.get().state == "working"


def test_rejected_message_does_not_delay_others(webhook):
    webhook.hooks.answers = [reply(422), reply()]
    webhook.spike()
    webhook.integration()

    webhook.turn()

    assert sorted(state for _, state in webhook.messages()) == ["due", "sent"]


def test_message_rejected_five_times_is_given_up(webhook):
    webhook.hooks.answers = [reply(400)]
    webhook.spike()
    for _ in range(8):
        webhook.turn(hours=1)

    assert webhook.messages() == [("opened", "given_up")]
    assert (len(webhook.hooks.received), AlertDelivery.objects.count()) == (5, 5)


def test_channel_is_broken_after_days_of_failure(webhook):
    webhook.hooks.answers = [reply(500)]
    webhook.spike()
    for _ in range(5 * 24 + 1):
        webhook.turn(hours=1)
    tries = len(webhook.hooks.received)

    webhook.turn(days=1)

    channel = AlertChannel.objects.get()
    assert (channel.state, len(webhook.hooks.received)) == ("broken", tries)
    assert "since 02 March 2026" in channel.state_message
    assert "enable the channel" in channel.state_message


def test_two_failures_a_week_apart_do_not_break_channel(webhook):
    webhook.hooks.answers = [reply(500)]
    webhook.spike()
    webhook.turn()

    webhook.turn(days=6)

    assert AlertChannel.objects.get().state == "failing"


def test_enabled_channel_gets_waiting_messages(webhook):
    webhook.hooks.answers = [reply(410), reply()]
    webhook.spike()
    webhook.turn()

    channels.enable_channel(channel=AlertChannel.objects.get(), actor=webhook.owner)
    webhook.turn()

    assert (webhook.events(), AlertChannel.objects.get().state) == (["opened"], "working")


def test_result_of_old_url_does_not_affect_new_one(webhook):
    webhook.spike()
    webhook.check()
    channel = AlertChannel.objects.get()
    parcel = outbox.pack(outbox.claim(channel.pk, START))
    given = Given({}, webhook.hooks.url + "/new")
    channels.change_channel(channel=channel, actor=webhook.owner, given=given)

    assert not store_result(Tried(parcel, SendResult(SendStatus.BROKEN, "Gone."), 1))
    webhook.deliver()

    assert AlertChannel.objects.get().state == "working"
    assert webhook.hooks.received[0].path == "/hook/new"


def test_url_that_became_private_is_not_called(webhook, settings):
    settings.DIIP_PRIVATE_HOSTS = []
    webhook.spike()

    webhook.turn()

    assert webhook.hooks.received == []
    assert "DIIP_PRIVATE_HOSTS" in AlertChannel.objects.get().state_message


def test_undecryptable_secret_requests_the_url(webhook, settings):
    settings.DIIP_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    webhook.spike()
    webhook.turn()
    assert "Enter it again" in AlertChannel.objects.get().state_message

    given = Given({}, webhook.hooks.url)
    channels.change_channel(channel=AlertChannel.objects.get(), actor=webhook.owner, given=given)
    webhook.turn()

    assert webhook.events() == ["opened"]


def test_new_url_keeps_the_key(webhook):
    secret = secret_of(AlertChannel.objects.get())
    given = Given({}, webhook.hooks.url + "/elsewhere?a=b")
    channels.change_channel(channel=AlertChannel.objects.get(), actor=webhook.owner, given=given)

    webhook.spike()
    webhook.turn()

    assert webhook.hooks.received[0].path == "/hook/elsewhere?a=b"
    assert is_genuine(webhook.hooks.received[0], secret)


def test_key_rotation_includes_channels(webhook, settings):
    old, new = settings.DIIP_ENCRYPTION_KEYS, Fernet.generate_key().decode()
    settings.DIIP_ENCRYPTION_KEYS = [new, *old]
    assert key_rotation.count_keys() == key_rotation.RotationReport(old=1)

    assert key_rotation.rotate() == key_rotation.RotationReport(rotated=1)

    settings.DIIP_ENCRYPTION_KEYS = [new]
    assert channel_secrets.read(AlertChannel.objects.get()).url == webhook.hooks.url


def test_delivery_stops_at_its_time_limit(webhook):
    for number in range(3):
        webhook.spike(series_kind="label", series_value=f"l{number}")

    def slow(handler):
        webhook.clock.shift(8)
        reply()(handler)

    webhook.hooks.answers = [slow]
    webhook.check()
    delivery.deliver_due(seconds=15, clock=time.time)
    assert len(webhook.hooks.received) == 2
    webhook.turn()

    assert len(webhook.hooks.received_events()) == 3


def test_backoff_is_at_most_an_hour(webhook):
    webhook.hooks.answers = [reply(500)]
    webhook.spike()
    for _ in range(12):
        webhook.turn(hours=2)

    left = AlertChannel.objects.get().not_before - (START + timedelta(hours=24))

    assert timedelta(minutes=60) <= left <= timedelta(minutes=66)
