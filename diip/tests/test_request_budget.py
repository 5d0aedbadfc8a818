"""How many requests an account or an address has, before it is told to wait."""

import pytest

from accounts.sign_in import tokens

PROJECTS = "/api/projects/"


@pytest.fixture(autouse=True)
def _three_a_minute(settings):
    settings.DIIP_REQUESTS_PER_MINUTE = 3


def statuses(api, path: str = PROJECTS, times: int = 4, **headers) -> list[int]:
    return [api.get(path, **headers).status_code for _ in range(times)]


@pytest.fixture
def signed_in(api, make_user):
    """`signed_in("ann@example.com")`: whose requests bear a token."""

    def sign_in(email: str):
        client = type(api)()
        pair = tokens.issue(make_user(email))
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair.access}")
        return client

    return sign_in


def test_an_account_has_its_own_budget_whatever_address_it_comes_from(signed_in):
    ann, bob = signed_in("ann@example.com"), signed_in("bob@example.com")

    assert statuses(ann) == [200, 200, 200, 429]
    assert statuses(ann, times=1, REMOTE_ADDR="192.0.2.1") == [429]
    assert statuses(bob, times=1) == [200]


def test_the_refusal_is_a_problem_that_says_when(signed_in):
    ann = signed_in("ann@example.com")
    statuses(ann, times=3)

    refused = ann.get(PROJECTS)

    assert (refused["Content-Type"], refused["Retry-After"]) == ("application/problem+json", "20")
    assert refused.json()["code"] == "too_many_requests"


def test_who_is_not_signed_in_is_counted_by_address(api, db):
    assert statuses(api) == [401, 401, 401, 429]
    assert statuses(api, times=1, REMOTE_ADDR="192.0.2.1") == [401]


@pytest.mark.parametrize("path", [PROJECTS, "/api/auth/me/", "/api/nowhere/"])
def test_a_token_that_is_none_is_counted_by_address(api, db, path):
    api.credentials(HTTP_AUTHORIZATION="Bearer x")

    assert statuses(api, path)[-1] == 429


def test_a_header_does_not_spare_what_is_open_to_all(api, db):
    api.credentials(HTTP_AUTHORIZATION="Bearer x")
    wrong = {"email": "nobody@example.com", "password": "x"}

    answers = [api.post("/api/auth/login/", wrong).status_code for _ in range(4)]

    assert answers == [401, 401, 401, 429]


def test_a_page_says_it_in_words(api, db):
    statuses(api, "/admin/login/")

    refused = api.get("/admin/login/")

    assert (refused.status_code, refused["Content-Type"]) == (429, "text/plain; charset=utf-8")


def test_health_metrics_and_deliveries_are_not_counted(api, db):
    for path in ("/healthz", "/metrics"):
        assert 429 not in statuses(api, path, times=6)
    answers = [api.post("/api/webhooks/github/1/", {}).status_code for _ in range(6)]
    assert answers == [401] * 6


def test_none_at_all_is_any_number(api, db, settings):
    settings.DIIP_REQUESTS_PER_MINUTE = 0

    assert 429 not in statuses(api, times=10)
