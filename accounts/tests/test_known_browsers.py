"""Strangers' attempts do not lock out known browsers; strangers keep their ten."""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from rest_framework.test import APIClient

from accounts.sign_in.known_browsers import COOKIE, HEADER
from accounts.tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN = "/api/auth/login/"
KEPT_HEADER = "HTTP_" + HEADER.upper().replace("-", "_")


def login(client, password=PASSWORD, email="ann@example.com", **headers):
    return client.post(LOGIN, {"email": email, "password": password}, **headers)


def at_the_admin(client, password=PASSWORD):
    return client.post("/admin/login/", {"username": "ann@example.com", "password": password})


def lock_out_strangers():
    """Guess from many addresses until the limit refuses."""
    return [
        login(APIClient(), "wrong", REMOTE_ADDR=f"198.51.100.{number}").status_code
        for number in range(14)
    ]


def test_known_browser_is_not_locked_out(make_user):
    make_user()
    browser = APIClient()
    login(browser)

    assert Counter(lock_out_strangers()) == {401: 10, 429: 4}

    assert login(browser).status_code == 200
    assert login(APIClient()).status_code == 429


def test_header_replaces_the_cookie_for_programs(make_user):
    make_user()
    kept = login(APIClient())[HEADER]
    lock_out_strangers()

    assert login(APIClient(), **{KEPT_HEADER: kept}).status_code == 200


def test_admin_accepts_known_browsers(make_user):
    make_user(role="admin")
    browser = Client()
    assert at_the_admin(browser).status_code == 302
    browser.logout()
    browser.cookies[COOKIE] = known = at_the_admin(Client()).cookies[COOKIE].value
    lock_out_strangers()

    assert at_the_admin(browser).status_code == 302
    assert at_the_admin(Client()).status_code == 429
    assert login(APIClient(), **{KEPT_HEADER: known}).status_code == 200


def test_known_browser_has_ten_own_attempts(make_user):
    make_user()
    with time_machine.travel(1_700_000_000, tick=False) as clock:
        browser = APIClient()
        login(browser)
        statuses = [login(browser, "wrong").status_code for _ in range(12)]
        right = login(browser).status_code
        clock.shift(timedelta(minutes=15, seconds=1))
        later = login(browser).status_code

    assert statuses == [401] * 10 + [429] * 2
    assert (right, later) == (429, 200)


def test_known_browser_gives_strangers_no_attempts(make_user):
    make_user()
    browser = APIClient()
    login(browser)
    tried = []
    for _ in range(4):
        tried += [login(APIClient(), "wrong").status_code for _ in range(4)]
        login(browser)

    assert Counter(tried) == {401: 10, 429: 6}


def test_token_is_valid_for_its_account_only(make_user):
    make_user()
    make_user("eve@example.com")
    eve = APIClient()
    login(eve, email="eve@example.com")

    statuses = [login(eve, "wrong").status_code for _ in range(11)]

    assert statuses == [401] * 10 + [429]
    assert login(APIClient()).status_code == 429


@pytest.mark.parametrize("forged", ["x", "1:2:3", "", "\u00e9", "a" * 5000])
def test_forged_token_is_ignored(make_user, forged):
    make_user()
    lock_out_strangers()

    assert login(APIClient(), **{KEPT_HEADER: forged}).status_code == 429


def test_expired_token_is_ignored(make_user):
    make_user()
    with time_machine.travel(1_700_000_000, tick=False) as clock:
        kept = login(APIClient())[HEADER]
        clock.shift(timedelta(days=181))
        lock_out_strangers()

        assert login(APIClient(), **{KEPT_HEADER: kept}).status_code == 429


def test_cookie_is_http_only_and_same_site(make_user, settings):
    settings.SESSION_COOKIE_SECURE = True
    make_user()

    cookie = login(APIClient()).cookies[COOKIE]

    flags = (cookie["httponly"], cookie["samesite"], cookie["secure"])
    assert flags == (True, "Strict", True)


def test_refused_sign_in_returns_no_token(make_user):
    make_user()

    answer = login(APIClient(), "wrong")

    assert COOKIE not in answer.cookies
    assert HEADER not in answer


def test_strangers_cannot_block_a_password_change(sign_in):
    client, _ = sign_in()
    lock_out_strangers()

    answer = client.post(
        "/api/auth/password/", {"old_password": PASSWORD, "new_password": "battery staple 8"}
    )

    assert answer.status_code == 200
    assert COOKIE in answer.cookies
