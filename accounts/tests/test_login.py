from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import hashers
from rest_framework.test import APIClient

from accounts import tasks
from accounts.models import AttemptCounter
from accounts.sign_in import rate_limits
from accounts.tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def login(api, password=PASSWORD, email="ann@example.com", **headers):
    return api.post("/api/auth/login/", {"email": email, "password": password}, **headers)


@pytest.mark.parametrize("url", ["/api/auth/login/", "/api/token/"])
@pytest.mark.parametrize(
    "name", [{"email": "Ann@Example.com"}, {"username": "ANN"}, {"username": "ann@example.com"}]
)
def test_signs_in_by_either_name(api, make_user, url, name):
    make_user(username="Ann")

    answer = api.post(url, {**name, "password": PASSWORD})

    assert answer.status_code == 200
    assert set(answer.json()) == {"access", "refresh"}


def test_unknown_wrong_and_disabled_get_the_same_response(api, make_user):
    make_user()
    make_user("off@example.com", PASSWORD, is_active=False)

    answers = [
        login(api, "wrong"),
        login(api, "wrong", "nobody@example.com"),
        login(api, PASSWORD, "off@example.com"),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1


def test_unknown_account_costs_a_hash_too(api, make_user, monkeypatch):
    make_user()
    encoded = []
    hasher = type(hashers.get_hasher())
    encode = hasher.encode
    monkeypatch.setattr(hasher, "encode", lambda *given: encoded.append(1) or encode(*given))

    login(api, "wrong")
    known = len(encoded)
    login(api, "wrong", "nobody@example.com")

    assert known >= 1
    assert len(encoded) == 2 * known


def test_right_password_waits_after_ten_wrong_ones(api, make_user):
    make_user()
    with time_machine.travel(1_700_000_000, tick=False) as clock:
        statuses = [login(api, "wrong").status_code for _ in range(12)]
        refused = login(api)
        clock.shift(timedelta(minutes=15, seconds=1))
        later = login(api)

    assert statuses == [401] * 10 + [429] * 2
    assert refused.status_code == 429
    assert refused["Retry-After"] == "900"
    assert later.status_code == 200


def test_names_of_one_account_share_the_limit(api, make_user):
    make_user(username="Ann")
    names = [{"username": "ann"}, {"username": "ANN"}, {"email": "ANN@example.com"}]

    statuses = [
        api.post("/api/token/", {**names[number % 3], "password": "wrong"}).status_code
        for number in range(11)
    ]

    assert statuses == [401] * 10 + [429]


def test_success_resets_the_count(api, make_user):
    make_user()
    for _ in range(9):
        login(api, "wrong")
    login(api)

    assert [login(api, "wrong").status_code for _ in range(11)] == [401] * 10 + [429]


def test_slow_guessing_is_bounded_in_any_window(api, make_user):
    """A window restarted by the clock would allow twenty attempts around its edge."""
    make_user()
    with time_machine.travel(1_700_000_000, tick=False) as clock:
        login(api, "wrong")
        clock.shift(timedelta(minutes=14))
        first = [login(api, "wrong").status_code for _ in range(9)]
        clock.shift(timedelta(minutes=2))
        then = login(api, "wrong").status_code

    assert first == [401] * 9
    assert then == 429


def test_forged_forwarded_for_gives_no_attempts(api, make_user):
    make_user()

    statuses = [
        login(api, "wrong", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}").status_code
        for number in range(11)
    ]

    assert statuses[-1] == 429


def test_address_cannot_try_many_accounts(api, settings):
    window = timedelta(minutes=15)
    settings.DIIP_ATTEMPT_LIMITS = {
        "login_by_account": (10, window),
        "login_by_address": (3, window),
    }

    statuses = [login(api, "wrong", f"a{number}@example.com").status_code for number in range(4)]
    elsewhere = login(api, "wrong", "b@example.com", REMOTE_ADDR="203.0.113.9")

    assert statuses == [401, 401, 401, 429]
    assert elsewhere.status_code == 401


def test_success_is_not_counted_for_the_address(make_user, settings):
    make_user()
    window = timedelta(minutes=15)
    settings.DIIP_ATTEMPT_LIMITS = {
        "login_by_account": (10, window),
        "login_by_address": (2, window),
    }

    # A new client each time, so that none is known.
    assert [login(APIClient()).status_code for _ in range(5)] == [200] * 5


def test_old_counters_are_pruned():
    with time_machine.travel(1_700_000_000, tick=False) as clock:
        rate_limits.reserve("login_by_account", "old")
        clock.shift(timedelta(hours=2))
        rate_limits.reserve("login_by_account", "new")
        tasks.prune_sign_ins()

    assert AttemptCounter.objects.count() == 1


def test_counters_do_not_reveal_who_tried(api):
    login(api, "wrong", "secret.person@example.com")

    keys = AttemptCounter.objects.values_list("key", flat=True)
    assert len(keys) == 3
    assert not any("secret" in key or "127.0" in key for key in keys)


@pytest.mark.parametrize(
    "name", [{}, {"email": ""}, {"email": None}, {"username": 7}, {"email": ["a"]}]
)
def test_credentials_without_a_name_are_refused(api, name):
    assert api.post("/api/auth/login/", {**name, "password": "x"}).status_code == 400
