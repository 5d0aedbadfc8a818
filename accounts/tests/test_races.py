"""Simultaneous requests, on real connections."""

from collections import Counter
from urllib.parse import unquote

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from rest_framework.test import APIClient

from accounts import registration
from accounts.models import PendingAccount, User
from accounts.tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def post(url, body, **headers):
    return APIClient().post(url, body, **headers).status_code


def test_thirty_simultaneous_wrong_passwords_get_ten_attempts(make_user, at_once):
    make_user()
    wrong = {"email": "ann@example.com", "password": "wrong"}

    statuses = at_once(30, lambda n: post("/api/auth/login/", wrong, REMOTE_ADDR=f"203.0.113.{n}"))

    assert Counter(statuses) == {401: 10, 429: 20}


def test_simultaneous_right_passwords_all_succeed(make_user, at_once):
    make_user()
    right = {"email": "ann@example.com", "password": PASSWORD}

    assert at_once(8, lambda _: post("/api/auth/login/", right)) == [200] * 8


def test_one_of_many_simultaneous_refreshes_wins(sign_in, at_once):
    _, pair = sign_in()

    statuses = at_once(8, lambda _: post("/api/auth/refresh/", {"refresh": pair["refresh"]}))

    assert Counter(statuses) == {200: 1, 401: 7}


def test_one_of_many_simultaneous_registrations_wins(at_once, without_mail):
    spellings = ["ann@example.com", "ANN@example.com", " Ann@Example.com", "ann@EXAMPLE.COM"]

    statuses = at_once(
        8,
        lambda n: post("/api/auth/register/", {"email": spellings[n % 4], "password": PASSWORD}),
    )

    assert Counter(statuses) == {201: 1, 400: 7}
    assert User.objects.count() == 1


def test_one_of_many_simultaneous_usernames_wins(at_once, without_mail):
    statuses = at_once(
        6,
        lambda n: post(
            "/api/auth/register/",
            {"email": f"a{n}@example.com", "password": PASSWORD, "username": ["Ann", "ANN"][n % 2]},
        ),
    )

    assert Counter(statuses) == {201: 1, 400: 5}


def test_one_of_many_simultaneous_confirmations_wins(at_once):
    links = [
        registration.link_of(
            PendingAccount.objects.create(
                email="ann@example.com", password=make_password(PASSWORD), site="https://x.test/"
            )
        )
        for _ in range(3)
    ]

    def press(number: int) -> int:
        _, _, link = links[number % 3].partition("?link=")
        form = {"link": unquote(link), "password": PASSWORD}
        return Client().post("/mail/account/", form).status_code

    assert Counter(at_once(6, press)) == {200: 1, 400: 5}
    assert User.objects.count() == 1
