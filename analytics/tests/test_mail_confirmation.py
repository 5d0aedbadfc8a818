"""Confirmation of mail recipients: only a request is sent before it."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from accounts.tests.mail_server import link_in, mail_server
from analytics import tasks
from analytics.models import AlertChannel, MailConfirmation
from analytics.tests.alerting import hooks
from analytics.tests.test_alert_api import api
from projects.services import create_project
from projects.tests.people import team

__all__ = ["api", "hooks", "mail_server", "team"]
START = 1_772_452_800


@pytest.fixture
def clock(mail_server):
    with time_machine.travel(START, tick=False) as travelled:
        yield travelled


def look_and_deliver(api) -> None:
    api.desk.check()
    tasks.deliver_due_alerts()


def make(api, *addresses, **body):
    return api.make("email", recipients=list(addresses), digest_seconds=0, **body)


def open_alert(api, channel) -> None:
    """Create a rule for the channel and open an alert."""
    api.post("rules/", {"name": "All", "channels": [channel]})
    api.desk.spike()
    look_and_deliver(api)


def press(path):
    place = urlsplit(path)
    given = {name: values[0] for name, values in parse_qs(place.query).items()}
    return Client().post(place.path, given)


def test_unconfirmed_address_gets_no_alerts(api, mail_server, clock):
    made = make(api, "ann@example.com").json()
    open_alert(api, made["id"])
    for _ in range(5):
        clock.shift(timedelta(hours=1))
        look_and_deliver(api)

    [asking] = mail_server.mails
    assert (made["state"], made["unconfirmed"]) == ("unconfirmed", ["ann@example.com"])
    assert made["state_message"] == "Waiting for confirmation by ann@example.com."
    assert asking["Subject"] == "Confirm alerts by mail"
    assert asking["Auto-Submitted"] == "auto-generated"


def test_confirmation_mail_contains_no_user_text(api, mail_server, clock):
    words = "Win a prize at evil.example"
    type(api.team.project).objects.update(name=words)
    make(api, "ann@example.com", name=words)

    look_and_deliver(api)

    [asking] = mail_server.mails
    assert "evil" not in asking.as_string()


def test_waiting_alerts_are_sent_after_confirmation(api, mail_server, clock):
    channel = make(api, "ann@example.com").json()["id"]
    open_alert(api, channel)
    link = link_in(mail_server.mails[0], "confirm")
    page = Client().get(link)
    assert api.get(f"channels/{channel}/").json()["state"] == "unconfirmed"

    assert press(link).status_code == press(link).status_code == 200
    look_and_deliver(api)

    shown = api.get(f"channels/{channel}/").json()
    assert (page.status_code, b"<form" in page.content) == (200, True)
    assert (shown["state"], shown["state_message"], shown["unconfirmed"]) == ("working", "", [])
    assert "Spike" in mail_server.mails[1]["Subject"]
    assert AuditEvent.objects.filter(action="channel.recipient_confirmed").count() == 1


def test_only_confirmed_recipients_get_mails(api, mail_server, clock):
    channel = make(api, "ann@example.com", "bob@example.com").json()["id"]
    look_and_deliver(api)
    press(link_in(mail_server.to("bob@example.com")[0], "confirm"))

    open_alert(api, channel)

    assert mail_server.mails[-1]["To"] == "bob@example.com"
    assert len(mail_server.to("ann@example.com")) == 1
    shown = api.get(f"channels/{channel}/").json()
    assert (shown["state"], shown["unconfirmed"]) == ("working", ["ann@example.com"])


def test_only_added_address_gets_a_request(api, mail_server, clock):
    channel = make(api, "ann@example.com").json()["id"]
    look_and_deliver(api)
    clock.shift(timedelta(days=2))

    api.patch(f"channels/{channel}/", {"recipients": ["ann@example.com", "bob@example.com"]})
    look_and_deliver(api)
    api.patch(f"channels/{channel}/", {"recipients": ["bob@example.com"]})
    api.patch(f"channels/{channel}/", {"recipients": ["ann@example.com"]})
    look_and_deliver(api)

    assert [one["To"] for one in mail_server.mails] == ["ann@example.com", "bob@example.com"]


def test_requests_are_limited_to_daily_and_three(api, mail_server, clock):
    channel = make(api, "ann@example.com").json()["id"]
    for _ in range(80):
        api.post(f"channels/{channel}/confirmations/")
        look_and_deliver(api)
        clock.shift(timedelta(hours=2))

    assert len(mail_server.mails) == 3


def test_other_project_requests_within_the_same_limits(api, mail_server, clock, team):
    make(api, "ann@example.com")
    look_and_deliver(api)
    press(link_in(mail_server.mails[0], "confirm"))
    other = create_project(owner=team.maintainer, name="Other")
    url = f"/api/projects/{other.pk}/alerts/channels/"
    body = {"kind": "email", "name": "e", "recipients": ["ann@example.com"]}

    made = api.client.post(url, body).json()
    look_and_deliver(api)
    today = len(mail_server.mails)
    clock.shift(timedelta(days=1))
    look_and_deliver(api)

    assert (made["state"], today, len(mail_server.mails)) == ("unconfirmed", 1, 2)


def test_refusal_applies_to_all_projects(api, mail_server, clock):
    channel = make(api, "ann@example.com").json()["id"]
    look_and_deliver(api)
    press(link_in(mail_server.mails[0], "confirm"))
    stop = link_in(mail_server.mails[0], "refuse")

    press(stop)
    open_alert(api, channel)

    [said] = api.get(f"channels/{channel}/confirmations/").json()["results"]
    shown = api.get(f"channels/{channel}/").json()
    assert (said["state"], shown["state"]) == ("refused", "broken")
    assert len(mail_server.mails) == 1


def test_page_offers_only_possible_answers(api, mail_server, clock):
    make(api, "ann@example.com")
    look_and_deliver(api)
    [asking] = mail_server.mails
    link, refusal = link_in(asking, "confirm"), link_in(asking, "refuse")

    first = Client().get(link).content.decode()
    press(link)
    second = Client().get(link).content.decode()
    press(refusal)
    third, pressed = Client().get(link).content.decode(), press(link).content.decode()

    assert "Send alerts of the project" in first
    assert "<form" in first
    assert "You already confirmed alerts of" in second
    assert "refuses all mails" in third
    assert "refuses all mails" in pressed
    assert "<form" not in second + third


def test_requests_per_project_are_limited(api, mail_server, clock, settings):
    settings.DIIP_CONFIRMATIONS_PER_PROJECT_A_DAY = 3
    first = make(api, "a@example.com", "b@example.com")
    second = make(api, "c@example.com", "d@example.com", name="two")
    clock.shift(timedelta(days=1))
    third = make(api, "c@example.com", "d@example.com", name="two")

    statuses = [answer.status_code for answer in (first, second, third)]
    assert statuses == [201, 429, 201]
    assert int(second["Retry-After"]) > 0


def test_requests_per_user_are_limited_across_projects(api, mail_server, settings, team):
    settings.DIIP_CONFIRMATIONS_PER_PROJECT_A_DAY = 2
    statuses = []
    for number in range(3):
        project = create_project(owner=team.maintainer, name=f"P{number}")
        url = f"/api/projects/{project.pk}/alerts/channels/"
        body = {"kind": "email", "name": "e", "recipients": [f"a{number}@example.com"]}
        statuses.append(api.client.post(url, body).status_code)

    assert statuses == [201, 201, 429]


def test_mails_per_project_are_limited(api, mail_server, clock, settings):
    settings.DIIP_MAILS_PER_PROJECT_A_DAY = 1
    channel = make(api, "ann@example.com").json()["id"]
    look_and_deliver(api)
    press(link_in(mail_server.mails[0], "confirm"))
    open_alert(api, channel)
    api.desk.integration()
    look_and_deliver(api)
    shown = api.get(f"channels/{channel}/").json()
    assert (shown["state"], len(mail_server.mails)) == ("failing", 2)
    assert "midnight UTC" in shown["state_message"]

    clock.shift(timedelta(days=1))
    look_and_deliver(api)

    assert len(mail_server.mails) == 3
    assert api.get(f"channels/{channel}/").json()["state"] == "working"


def test_recipients_are_limited_to_ten(api):
    answer = make(api, *[f"a{number}@example.com" for number in range(11)])

    assert answer.status_code == 400


def test_own_confirmed_address_needs_no_request(api, mail_server, team):
    User.objects.filter(pk=team.maintainer.pk).update(email_confirmed_at=timezone.now())
    team.maintainer.refresh_from_db()

    own = make(api, team.maintainer.email).json()
    other = make(api, team.owner.email, name="two").json()
    look_and_deliver(api)

    assert (own["state"], other["state"]) == ("working", "unconfirmed")
    assert [one["To"] for one in mail_server.mails] == [team.owner.email]


def test_link_is_valid_for_one_address_a_week_and_its_project(api, mail_server, clock, team):
    make(api, "ann@example.com")
    look_and_deliver(api)
    link = link_in(mail_server.mails[0], "confirm")
    clock.shift(timedelta(days=7, seconds=1))
    late = press(link)
    clock.shift(timedelta(days=-2))
    type(team.project).objects.filter(pk=team.project.pk).update(removed_at=timezone.now())
    gone = press(link)

    assert (late.status_code, gone.status_code) == (400, 400)
    assert not MailConfirmation.objects.exclude(confirmed_at=None).exists()


def test_failed_confirmation_mail_is_retried(api, mail_server, clock):
    mail_server.refusal = "451 later"
    make(api, "ann@example.com")
    look_and_deliver(api)
    mail_server.refusal = ""
    clock.shift(timedelta(minutes=6))
    look_and_deliver(api)
    look_and_deliver(api)

    assert len(mail_server.mails) == 1


def test_test_message_requires_confirmation(api):
    channel = make(api, "ann@example.com").json()["id"]

    answer = api.post(f"channels/{channel}/test/")

    assert (answer.status_code, mail.outbox) == (409, [])
    assert "Waiting for confirmation by ann@example.com" in answer.json()["detail"]


def test_printed_test_message_is_reported(api, settings):
    channel = make(api, "ann@example.com").json()["id"]
    AlertChannel.objects.update(confirmed_recipients=["ann@example.com"])
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

    tried = api.post(f"channels/{channel}/test/").json()

    assert (tried["success"], "EMAIL_URL" in tried["reason"]) == (False, True)
    assert api.get(f"channels/{channel}/").json()["last_success_at"] is None


def test_older_channels_wait_for_a_request(api, mail_server, clock, team):
    """Check channels as after the migration, without any confirmation."""
    channel = AlertChannel.objects.create(
        project=team.project, kind="email", name="old", recipients=["ann@example.com"]
    )
    open_alert(api, channel.pk)
    assert mail_server.mails == []

    recipients = api.post(f"channels/{channel.pk}/confirmations/").json()["results"]
    look_and_deliver(api)

    assert recipients[0]["state"] == "waiting"
    assert len(mail_server.mails) == 1


def test_viewer_cannot_request_confirmation(api, team):
    channel = make(api, "ann@example.com").json()["id"]
    url = api.url(f"channels/{channel}/confirmations/")

    assert team.call("viewer").get(url).status_code == 200
    assert team.call("viewer").post(url).status_code == 403
