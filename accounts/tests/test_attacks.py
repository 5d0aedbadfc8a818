"""Attacks on sign-in: guessed keys, many addresses and spellings, sessions for tokens."""

import itertools
from collections import Counter
from datetime import timedelta

import jwt
import pytest
import time_machine
from django.conf import settings as django_settings
from django.test import Client
from rest_framework.test import APIClient

from accounts.tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
ME = "/api/auth/me/"
SPELLINGS = ["ann@example.com", "ANN@example.com", " Ann@Example.COM ", "ann@ex\uff41mple.com"]
GUESSES = ["", "secret", "changeme", "django-insecure-key", "your-256-bit-secret", "HS256", "diip"]


def guess_over_the_api(name: str, **headers: str) -> int:
    body = {"email": name, "password": "wrong"}
    return APIClient().post("/api/auth/login/", body, **headers).status_code


def guess_at_the_admin(name: str, **headers: str) -> int:
    answer = Client().post("/admin/login/", {"username": name, "password": "wrong"}, **headers)
    return 401 if answer.status_code == 200 else answer.status_code


@pytest.mark.parametrize("guess", [guess_over_the_api, guess_at_the_admin])
def test_addresses_and_spellings_share_ten_attempts(make_user, guess):
    make_user(role="admin")
    with time_machine.travel(1_700_000_000, tick=False) as clock:
        statuses = [
            guess(
                name,
                REMOTE_ADDR=f"198.51.100.{number}",
                HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, 10.0.0.{number}",
            )
            for number, name in zip(range(40), itertools.cycle(SPELLINGS), strict=False)
        ]
        clock.shift(timedelta(minutes=15, seconds=1))
        right = APIClient().post("/api/token/", {"email": SPELLINGS[0], "password": PASSWORD})

    assert Counter(statuses) == {401: 10, 429: 30}
    assert right.status_code == 200


def test_ipv6_network_counts_as_one_address(make_user, settings):
    window = timedelta(minutes=15)
    limits = {"login_by_account": (10, window), "login_by_address": (3, window)}
    settings.DIIP_ATTEMPT_LIMITS = limits

    statuses = [
        guess_over_the_api(f"a{number}@example.com", REMOTE_ADDR=f"2001:db8::{number:x}")
        for number in range(5)
    ]

    assert statuses == [401] * 3 + [429] * 2


@pytest.mark.filterwarnings("ignore:The HMAC key is")
@pytest.mark.parametrize("key", [*GUESSES, django_settings.SECRET_KEY])
def test_token_signed_with_guessed_key_is_refused(sign_in, key):
    client, pair = sign_in()
    claims = jwt.decode(pair["access"], options={"verify_signature": False})
    forged = jwt.encode(claims, key or " ", algorithm="HS256")

    assert client.get(ME).status_code == 200
    answer = APIClient().get(ME, HTTP_AUTHORIZATION=f"Bearer {forged}")
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "bearer {token}",
        "Bearer {token} {token}",
        "Basic {token}",
        "Token {token}",
        "{token}",
        "Bearer\t{token}",
        "Bearer {token}\u00e9",
        "Bearer null",
    ],
)
def test_malformed_headers_are_401_or_the_same_token(sign_in, header):
    _, pair = sign_in()
    given = header.format(token=pair["access"])

    statuses = {APIClient().get(ME, HTTP_AUTHORIZATION=given).status_code for _ in range(2)}

    assert statuses <= {200} if header.split() == ["Bearer", "{token}"] else statuses == {401}


def test_api_ignores_sessions(make_user):
    browser = Client()
    browser.force_login(make_user(role="admin"))

    assert browser.get("/admin/").status_code == 200
    assert browser.get(ME).status_code == 401
    assert browser.post("/api/projects/", {"name": "x"}, "application/json").status_code == 401


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "\t//x.y",
    ],
)
def test_sign_in_never_redirects_to_another_host(make_user, place):
    make_user("root@example.com", PASSWORD, role="admin")
    form = {"username": "root@example.com", "password": PASSWORD}

    led = Client().post("/admin/login/", {**form, "next": place})
    own = Client().post("/admin/login/", {**form, "next": "/admin/accounts/"})

    assert (led.status_code, led["Location"]) == (302, "/admin/")
    assert own["Location"] == "/admin/accounts/"


def test_every_admin_form_needs_a_csrf_token(make_user):
    root = make_user("root@example.com", PASSWORD, role="admin")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(root)

    for path in ("accounts/user/add/", f"accounts/user/{root.pk}/change/", "logout/", "jsi18n/"):
        assert browser.post(f"/admin/{path}", {"post": "yes"}).status_code == 403


def test_session_cookie_is_http_only(settings, make_user):
    settings.SESSION_COOKIE_SECURE = True
    make_user("root@example.com", PASSWORD, role="admin")
    form = {"username": "root@example.com", "password": PASSWORD, "next": "/admin/"}

    cookie = Client().post("/admin/login/", form).cookies["sessionid"]

    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", True)
