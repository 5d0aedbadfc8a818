import base64
import json
from datetime import timedelta

import jwt
import pytest
import time_machine
from django.conf import settings as django_settings
from rest_framework.test import APIClient

from accounts import tasks
from accounts.models import RefreshFamily, User
from accounts.sign_in import tokens
from accounts.tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
ME = "/api/auth/me/"


def refresh(raw, url="/api/auth/refresh/"):
    return APIClient().post(url, {"refresh": raw})


def me_with(raw):
    return APIClient().get(ME, HTTP_AUTHORIZATION=f"Bearer {raw}")


@pytest.mark.parametrize("url", ["/api/auth/refresh/", "/api/token/refresh/"])
def test_refresh_gives_a_new_pair(sign_in, url):
    _, pair = sign_in()

    answer = refresh(pair["refresh"], url)

    assert answer.status_code == 200
    assert answer.json()["refresh"] != pair["refresh"]
    assert me_with(answer.json()["access"]).status_code == 200


def test_chain_lasts_while_each_token_is_used_once(sign_in):
    _, pair = sign_in()

    for _ in range(5):
        answer = refresh(pair["refresh"])
        assert answer.status_code == 200
        pair = answer.json()

    assert RefreshFamily.objects.count() == 1


def test_using_a_spent_token_ends_its_whole_chain_and_no_other(api, sign_in):
    _, pair = sign_in()
    other = api.post("/api/token/", {"email": "ann@example.com", "password": PASSWORD}).json()
    newest = refresh(pair["refresh"]).json()

    assert refresh(pair["refresh"]).status_code == 401
    assert refresh(newest["refresh"]).status_code == 401
    assert refresh(other["refresh"]).status_code == 200


def test_logout_ends_the_chain(api, sign_in):
    _, pair = sign_in()
    newest = refresh(pair["refresh"]).json()

    assert api.post("/api/auth/logout/", newest).status_code == 204
    assert refresh(newest["refresh"]).status_code == 401
    assert api.post("/api/auth/logout/", newest).status_code == 204


def test_logout_ends_the_access_tokens_of_its_chain_at_once_and_no_other(api, sign_in):
    client, pair = sign_in()
    other = api.post("/api/token/", {"email": "ann@example.com", "password": PASSWORD}).json()
    newest = refresh(pair["refresh"]).json()
    assert client.get(ME).status_code == me_with(newest["access"]).status_code == 200

    api.post("/api/auth/logout/", newest)

    assert client.get(ME).status_code == me_with(newest["access"]).status_code == 401
    assert me_with(other["access"]).status_code == 200


def test_using_a_spent_token_ends_the_access_tokens_of_its_chain(sign_in):
    client, pair = sign_in()
    newest = refresh(pair["refresh"]).json()

    assert refresh(pair["refresh"]).status_code == 401

    assert client.get(ME).status_code == me_with(newest["access"]).status_code == 401


def test_an_access_token_costs_one_query(sign_in, django_assert_num_queries):
    client, _ = sign_in()

    with django_assert_num_queries(1):
        assert client.get(ME).status_code == 200


def test_access_token_without_sign_in_is_401(sign_in):
    _, pair = sign_in()
    claims = jwt.decode(pair["access"], options={"verify_signature": False})

    for family in ("", None, "not-a-uuid", 7):
        assert me_with(forged({}, {**claims, "family": family})).status_code == 401
    claims.pop("family")
    assert me_with(forged({}, claims)).status_code == 401


@pytest.mark.parametrize("body", [{}, {"refresh": "rubbish"}])
def test_logout_without_a_valid_token_is_401(api, body):
    assert api.post("/api/auth/logout/", body).status_code == 401


def test_token_lifetimes_are_short(sign_in):
    _, pair = sign_in()

    access, long_one = (
        jwt.decode(pair[name], options={"verify_signature": False})
        for name in ("access", "refresh")
    )

    assert access["exp"] - access["iat"] <= 15 * 60
    assert long_one["exp"] - long_one["iat"] <= 7 * 24 * 3600


def test_expired_tokens_are_401(make_user):
    with time_machine.travel(1_700_000_000, tick=False) as clock:
        pair = tokens.issue(make_user())
        assert me_with(pair.access).status_code == 200
        clock.shift(timedelta(minutes=15, seconds=1))
        assert me_with(pair.access).status_code == 401
        clock.shift(timedelta(days=7))
        assert refresh(pair.refresh).status_code == 401
        tasks.prune_sign_ins()

    assert not RefreshFamily.objects.exists()


def test_token_kinds_are_not_interchangeable(sign_in):
    _, pair = sign_in()

    assert me_with(pair["refresh"]).status_code == 401
    assert refresh(pair["access"]).status_code == 401
    assert me_with(pair["access"]).status_code == 200


@pytest.mark.parametrize("end", ["delete", "disable", "new password"])
def test_tokens_end_with_the_account_or_its_password(sign_in, end):
    client, pair = sign_in()
    assert client.get(ME).status_code == 200
    user = User.objects.get()
    if end == "delete":
        user.delete()
    else:
        user.is_active = end != "disable"
        if end == "new password":
            user.set_password("another horse 8")
        user.save()

    assert client.get(ME).status_code == 401
    assert refresh(pair["refresh"]).status_code == 401


def forged(header, payload, key=django_settings.JWT_SIGNING_KEY):
    return jwt.encode(payload, key, algorithm=header.pop("alg", "HS256"), headers=header)


def b64(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "change",
    [
        lambda claims: forged({"alg": "HS512"}, claims),
        lambda claims: forged({"crit": ["exp"]}, claims),
        lambda claims: forged({"crit": ["b64"], "b64": False}, claims),
        lambda claims: forged({}, claims, "another key that is long enough for the algorithm"),
        lambda claims: forged({}, {**claims, "user_id": "999999"}),
        lambda claims: forged({}, {**claims, "seal": "0" * 32}),
        lambda claims: f"{b64({'alg': 'none'})}.{b64(claims)}.",
        lambda claims: f"{b64({'alg': 'None', 'typ': 'JWT'})}.{b64(claims)}.AAAA",
    ],
)
def test_changed_token_is_401(sign_in, change):
    _, pair = sign_in()
    claims = jwt.decode(pair["access"], options={"verify_signature": False})

    assert me_with(forged({}, claims)).status_code == 200
    assert me_with(change(claims)).status_code == 401


@pytest.mark.parametrize(
    "raw",
    [
        "x",
        "..",
        "a.b.c",
        "a b",
        "e" * 60_000,
        "\u00e9",
        b64([]) + "." * 2,
        "[" * 1500,
        "null.null.null",
    ],
)
def test_garbage_token_is_401(raw):
    answer = me_with(raw)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Content-Type"] == "application/problem+json"


def test_deeply_nested_token_header_is_401():
    deep = base64.urlsafe_b64encode(b"[" * 1400).rstrip(b"=").decode()

    assert me_with(f"{deep}.e30.AAAA").status_code == 401
