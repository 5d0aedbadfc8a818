"""Slack incoming webhooks: posted content and permanent errors."""

import json

import pytest

from analytics.alerts.senders.slack import escape
from analytics.models import AlertChannel, AlertMessage
from analytics.tests.alerting import START, desk, hooks
from analytics.tests.receiver import hang_up, reply

__all__ = ["desk", "hooks"]


@pytest.fixture
def slack(desk):
    desk.hooks.answers = [reply(200, b"ok")]
    desk.rule(desk.channel("slack"))
    return desk


def blocks(received) -> list[str]:
    return [block["text"]["text"] for block in received.json["blocks"]]


def test_alert_is_a_block_with_its_delivery_id(slack):
    slack.spike()

    slack.turn()

    [received] = slack.hooks.received
    assert received.json["blocks"][1]["block_id"] == str(AlertMessage.objects.get().delivery_id)
    assert blocks(received)[0] == "*Ours*"
    assert blocks(received)[1].startswith("*New: Spike: more people than usual report issues*\n")
    assert "8 people opened 11 issues" in blocks(received)[1]
    assert received.json["text"].startswith("Ours: New: Spike")


def test_due_alerts_share_one_message(slack):
    for number in range(25):
        slack.spike(series_kind="label", series_value=f"l{number}")

    slack.turn()

    assert [len(blocks(received)) for received in slack.hooks.received] == [21, 6]
    assert set(AlertMessage.objects.values_list("state", flat=True)) == {"sent"}


def test_message_without_response_is_repeated_unchanged(slack):
    slack.hooks.answers = [hang_up, reply(200, b"ok")]
    slack.spike()
    slack.turn()
    slack.integration()
    slack.turn(minutes=2)

    first, again, other = slack.hooks.received

    assert first.body == again.body
    assert "Problem with GitHub octo/hello" in blocks(other)[1]


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("<!channel> come", "&lt;!channel&gt; come"),
        ("<https://evil.example|click>", "&lt;https://evil.example|click&gt;"),
        ("@channel @here @EVERYONE", "@\u2060channel @\u2060here @\u2060EVERYONE"),
        ("@channels ann@here.example", "@channels ann@\u2060here.example"),
        ("&lt;!here&gt;", "&amp;lt;!here&amp;gt;"),
    ],
)
def test_text_cannot_inject_slack_markup(text, escaped):
    assert escape(text) == escaped


def test_untrusted_names_are_escaped(slack):
    type(slack.project).objects.update(name="<!channel> & co")
    slack.spike(series_kind="label", series_value="<!here>\n*x*")

    slack.turn()

    text = json.dumps(slack.hooks.received[0].json, ensure_ascii=False)
    assert "<" not in text
    assert "&lt;!channel&gt; &amp; co" in text
    assert "label &lt;!here&gt; *x*" in text


def test_long_text_is_cut_to_a_block(slack):
    slack.integration(status_message="<" * 5000)

    slack.turn()

    assert len(blocks(slack.hooks.received[0])[1]) <= 3000


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (reply(404, b"no_service"), "broken"),
        (reply(410, b"channel_is_archived"), "broken"),
        (reply(403, b"invalid_token"), "broken"),
        (reply(403, b"action_prohibited"), "broken"),
        (reply(400, b"invalid_token"), "broken"),
        (reply(400, b"invalid_payload"), "failing"),
        (reply(429, retry_after="30"), "failing"),
        (reply(500, b"rollup_error"), "failing"),
    ],
)
def test_slack_response_sets_channel_state(slack, answer, state):
    slack.hooks.answers = [answer]
    slack.spike()
    slack.turn()
    slack.turn(seconds=10)

    channel = AlertChannel.objects.get()

    assert (channel.state, len(slack.hooks.received)) == (state, 1)
    assert ("Create a new incoming webhook" in channel.state_message) is (state == "broken")


def test_broken_channel_is_not_used_until_fixed(slack):
    slack.hooks.answers = [reply(404, b"no_service")]
    slack.spike()
    slack.turn()

    slack.turn(days=3)

    assert len(slack.hooks.received) == 1
    assert slack.messages() == [("opened", "due")]


def test_retry_after_of_slack_is_respected(slack):
    slack.hooks.answers = [reply(429, retry_after="30"), reply(200, b"ok")]
    slack.spike()
    slack.turn()

    left = (AlertChannel.objects.get().not_before - START).total_seconds()
    slack.turn(seconds=29)
    assert (left, len(slack.hooks.received)) == (30, 1)
    slack.turn(seconds=1)

    assert slack.messages() == [("opened", "sent")]
