"""Registration with mail: only the mail differs between taken and new addresses."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.contrib.auth import hashers
from django.test import Client

from accounts import tasks
from accounts.models import AuditEvent, PendingAccount, User
from accounts.tests.conftest import PASSWORD
from accounts.tests.mail_server import link_in, mail_server

__all__ = ["mail_server"]
pytestmark = pytest.mark.django_db
URL = "/api/auth/register/"


def register(api, email="new@example.com", **fields):
    return api.post(URL, {"email": email, "password": PASSWORD, **fields})


def login(api, email="new@example.com", password=PASSWORD):
    return api.post("/api/auth/login/", {"email": email, "password": password})


def press(path, **fields):
    place = urlsplit(path)
    given = {name: values[0] for name, values in parse_qs(place.query).items()}
    return Client().post(place.path, given | fields)


def asked_by_mail(api, mail_server, email="new@example.com"):
    """Return the link of the newest mail."""
    register(api, email)
    tasks.send_registration_mails()
    return link_in(mail_server.to(email)[-1], "account")


def test_taken_and_new_addresses_get_the_same_response(api, make_user, mail_server):
    make_user("taken@example.com")

    taken, new = register(api, "taken@example.com"), register(api)

    assert (taken.status_code, taken.content) == (new.status_code, new.content)
    assert new.status_code == 202
    assert set(taken.headers) == set(new.headers)


def test_taken_address_costs_the_same_hashing(api, make_user, mail_server, monkeypatch):
    make_user("taken@example.com")
    encoded = []
    hasher = type(hashers.get_hasher())
    encode = hasher.encode
    monkeypatch.setattr(hasher, "encode", lambda *given: encoded.append(1) or encode(*given))

    register(api, "taken@example.com")
    taken = len(encoded)
    register(api)

    assert taken >= 1
    assert len(encoded) == 2 * taken


def test_mail_differs_for_taken_address(api, make_user, mail_server):
    make_user("taken@example.com")
    register(api, "taken@example.com")
    register(api)

    tasks.send_registration_mails()

    [taken], [new] = mail_server.to("taken@example.com"), mail_server.to("new@example.com")
    assert taken["Subject"] == "You already have an account"
    assert "/mail/account/" not in taken.get_content()
    assert link_in(new, "account")


def test_account_is_usable_only_after_confirmation(api, mail_server):
    link = asked_by_mail(api, mail_server)
    before, page = login(api), Client().get(link)
    assert not User.objects.exists()

    answer = press(link, password=PASSWORD)

    assert (before.status_code, page.status_code, answer.status_code) == (401, 200, 200)
    assert b"<form" in page.content
    assert login(api).status_code == 200
    assert User.objects.get().email_confirmed_at
    assert AuditEvent.objects.filter(action="account.registered").count() == 1
    assert not PendingAccount.objects.exists()


def test_confirmation_needs_the_registered_password(api, mail_server):
    link = asked_by_mail(api, mail_server)

    answer = press(link, password="a guess of the reader")

    assert (answer.status_code, b"<form" in answer.content) == (400, True)
    assert not User.objects.exists()


def test_link_is_valid_for_two_days_and_once(api, mail_server):
    with time_machine.travel(1_700_000_000, tick=False) as clock:
        link = asked_by_mail(api, mail_server)
        clock.shift(timedelta(days=2, seconds=1))
        late = press(link, password=PASSWORD)
        tasks.prune_sign_ins()
        assert not PendingAccount.objects.exists()
        again = asked_by_mail(api, mail_server)
        first, second = (press(again, password=PASSWORD).status_code for _ in range(2))

    assert (late.status_code, first, second) == (400, 200, 400)


@pytest.mark.parametrize("link", ["", "x", "a" * 5000, "\u00e9:b:c"])
@pytest.mark.parametrize("page", ["account", "refuse", "confirm"])
def test_forged_link_is_refused(client, db, page, link):
    asked = client.get(f"/mail/{page}/", {"link": link})
    pressed = client.post(f"/mail/{page}/", {"link": link})

    assert (asked.status_code, pressed.status_code) == (400, 400)
    assert b"<form" not in asked.content


def test_address_gets_at_most_three_mails_a_day(api, mail_server):
    with time_machine.travel(1_700_000_000, tick=False) as clock:
        for _ in range(20):
            register(api)
            tasks.send_registration_mails()
            clock.shift(timedelta(minutes=30))

    assert len(mail_server.mails) == 3


def test_refusing_address_gets_no_mail_until_allowed_again(api, mail_server):
    asked_by_mail(api, mail_server)
    stop = link_in(mail_server.mails[0], "refuse")
    assert Client().get(stop).status_code == 200
    assert press(stop).status_code == press(stop).status_code == 200

    with time_machine.travel(timedelta(days=1), tick=False):
        register(api)
        tasks.send_registration_mails()
        assert len(mail_server.mails) == 1
        press(stop, answer="allow")
        register(api)
        tasks.send_registration_mails()

    assert len(mail_server.mails) == 2


def test_rejected_mail_is_retried(api, mail_server):
    with time_machine.travel(1_700_000_000, tick=False) as clock:
        mail_server.refusal = "451 later"
        register(api)
        tasks.send_registration_mails()
        mail_server.refusal = ""
        clock.shift(timedelta(minutes=3))
        tasks.send_registration_mails()
        tasks.send_registration_mails()

    assert len(mail_server.mails) == 1


def test_taken_username_is_reported(api, make_user, mail_server):
    make_user("taken@example.com", username="Ann")

    answers = [register(api, email, username="ann") for email in ("taken@example.com", "n@e.org")]

    assert {answer.status_code for answer in answers} == {400}
    assert len({answer.content for answer in answers}) == 1


def test_mail_pages_have_strict_headers(client, db):
    page = client.get("/mail/refuse/")

    assert page["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]


def test_registration_mails_have_a_daily_limit(api, mail_server, settings):
    settings.DIIP_CONFIRMATIONS_PER_DAY = 2
    with time_machine.travel(1_700_000_000, tick=False) as clock:
        for number in range(3):
            register(api, f"a{number}@example.com")
        tasks.send_registration_mails()
        today = len(mail_server.mails)
        clock.shift(timedelta(days=1))
        tasks.send_registration_mails()

    assert (today, len(mail_server.mails)) == (2, 3)
