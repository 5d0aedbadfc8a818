"""Email: digests, threads, header safety and errors of the mail server."""

import smtplib
from email import message_from_bytes, policy

import pytest
from django.core import mail

from analytics.models import AlertChannel
from analytics.tests.alerting import desk, hooks

__all__ = ["desk", "hooks"]


@pytest.fixture
def mailed(desk):
    desk.rule(desk.channel("email", digest_seconds=300))
    return desk


def sent():
    """Return the sent mails, parsed from their bytes."""
    return [
        message_from_bytes(one.message().as_bytes(), policy=policy.default) for one in mail.outbox
    ]


def test_one_alert_is_one_mail_to_all_recipients(mailed):
    mailed.spike()
    mailed.turn()
    assert mail.outbox == []

    mailed.turn(seconds=300)

    [one] = sent()
    assert one["To"] == "ann@example.com, bob@example.com"
    assert one["Subject"] == "[Ours] Spike: more people than usual report issues"
    assert one["Auto-Submitted"] == "auto-generated"
    assert "New: Spike" in one.get_content()
    assert "8 people opened 11 issues" in one.get_content()


def test_alerts_within_digest_window_are_one_mail(mailed):
    mailed.spike()
    mailed.turn()
    mailed.integration()
    mailed.turn(seconds=299)
    assert mail.outbox == []

    mailed.turn(seconds=1)
    mailed.turn(seconds=300)

    [one] = sent()
    assert one["Subject"] == "[Ours] 2 alerts"
    assert "Spike: more people" in one.get_content()
    assert "Problem with GitHub octo/hello" in one.get_content()


def test_alert_resolved_within_digest_window_sends_one_mail(mailed):
    spike = mailed.spike()
    mailed.turn()
    mailed.end(spike)
    mailed.turn(seconds=60)
    mailed.turn(seconds=300)

    [one] = sent()

    assert one.get_content().startswith("Resolved: Spike")
    assert mailed.messages() == [("opened", "dropped"), ("resolved", "sent")]


def test_mails_of_one_alert_are_one_thread(mailed):
    spike = mailed.spike(level="notice")
    mailed.turn()
    mailed.turn(seconds=300)
    type(spike).objects.update(level="alert")
    mailed.turn()
    mailed.turn(seconds=300)
    mailed.end(spike)
    mailed.turn()
    mailed.turn(seconds=300)

    first, second, last = sent()

    assert first["References"] is None
    assert second["References"] == second["In-Reply-To"] == first["Message-ID"]
    assert last["References"] == first["Message-ID"]
    assert second["Subject"] == last["Subject"] == f"Re: {first['Subject']}"
    assert len({one["Message-ID"] for one in (first, second, last)}) == 3


def test_digest_refers_to_the_threads_of_its_alerts(mailed):
    spike = mailed.spike()
    mailed.integration()
    mailed.turn()
    mailed.turn(seconds=300)
    mailed.end(spike)
    mailed.turn()
    mailed.turn(seconds=300)

    both, over = sent()

    assert over["References"] in both["References"].split()
    assert len(both["References"].split()) == 2


def test_each_channel_has_its_own_thread(mailed):
    mailed.rule(mailed.channel("email", digest_seconds=300))
    mailed.spike()
    mailed.turn()
    mailed.turn(seconds=300)

    assert len({one["Message-ID"] for one in sent()}) == 2


def test_untrusted_text_cannot_end_a_header(mailed):
    type(mailed.project).objects.update(name="Ours\r\nBcc: eve@example.com")
    mailed.spike(series_kind="label", series_value="a\nSubject: b\u2028c\u202ed")
    mailed.turn()

    mailed.turn(seconds=300)

    [one] = sent()
    assert one["Bcc"] is None
    [subject] = one.get_all("Subject")
    assert subject.startswith("[Ours Bcc: eve@example.com] Spike: more people than usual")
    assert subject.endswith("label a Subject: b c d")


# --- what a mail server may say -----------------------------------------------------------------

REFUSED_FOR_GOOD = smtplib.SMTPRecipientsRefused({"ann@example.com": (550, b"no such user")})
GREYLISTED = smtplib.SMTPRecipientsRefused({"ann@example.com": (450, b"later")})


class Server:
    """Fake mail server that raises the errors a test configures."""

    def __init__(self, monkeypatch, *, opening=None, sending=None):
        self.opening, self.sending = opening, sending
        monkeypatch.setattr("analytics.alerts.senders.email.get_connection", lambda: self)

    def open(self):
        if self.opening:
            raise self.opening

    def send_messages(self, messages):
        mail.outbox.extend(messages)
        if self.sending:
            raise self.sending

    def close(self):
        raise smtplib.SMTPServerDisconnected


@pytest.mark.parametrize(
    ("trouble", "state", "words"),
    [
        ({"opening": ConnectionRefusedError()}, "failing", "cannot be reached"),
        ({"opening": smtplib.SMTPAuthenticationError(535, b"no")}, "failing", "EMAIL_URL"),
        ({"sending": REFUSED_FOR_GOOD}, "broken", "Correct them"),
        ({"sending": GREYLISTED}, "failing", "accept the mail now"),
        ({"sending": smtplib.SMTPSenderRefused(553, b"no", "d@x")}, "failing", "EMAIL_URL"),
        ({"sending": smtplib.SMTPDataError(451, b"later")}, "failing", "accept the mail now"),
        ({"sending": smtplib.SMTPDataError(554, b"spam")}, "failing", "this mail"),
        ({"sending": smtplib.SMTPServerDisconnected()}, "failing", "broke while"),
        ({"sending": TimeoutError()}, "failing", "broke while"),
        ({}, "working", ""),
    ],
)
def test_mail_server_error_sets_channel_state(mailed, monkeypatch, trouble, state, words):
    Server(monkeypatch, **trouble)
    mailed.spike()
    mailed.turn()

    mailed.turn(seconds=300)

    channel = AlertChannel.objects.get()
    assert (channel.state, words in channel.state_message) == (state, True)
    assert "ann@" not in channel.state_message


@pytest.mark.parametrize("is_sure", [False, True])
def test_mail_with_unknown_delivery_is_repeated_unchanged(mailed, monkeypatch, is_sure):
    sending = GREYLISTED if is_sure else TimeoutError()
    server = Server(monkeypatch, sending=sending)
    mailed.spike()
    mailed.turn()
    mailed.turn(seconds=300)
    server.sending = None
    mailed.integration()
    mailed.turn(seconds=600)

    first, second = sent()

    is_same = first["Message-ID"] == second["Message-ID"]
    assert (is_same, "Problem" in second.get_content()) == (not is_sure, is_sure)


def test_day_without_mail_server_causes_no_flood(mailed, monkeypatch):
    server = Server(monkeypatch, opening=ConnectionRefusedError())
    for number in range(3):
        mailed.end(mailed.spike(series_kind="label", series_value=f"l{number}"))
        mailed.spike(series_kind="component", series_value=f"c{number}")
    for _ in range(24):
        mailed.turn(hours=1)
    assert mail.outbox == []
    server.opening = None

    mailed.turn(hours=2)
    mailed.turn(hours=2)

    assert [one["Subject"] for one in sent()] == ["[Ours] 3 alerts"]
