"""Request limits per account and address."""

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
    """Return a factory of clients with a token: `signed_in("ann@example.com")`."""

    def sign_in(email: str):
        client = type(api)()
        pair = tokens.issue(make_user(email))
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair.access}")
        return client

    return sign_in


def test_account_budget_is_independent_of_address(signed_in):
    ann, bob = signed_in("ann@example.com"), signed_in("bob@example.com")

    assert statuses(ann) == [200, 200, 200, 429]
    assert statuses(ann, times=1, REMOTE_ADDR="192.0.2.1") == [429]
    assert statuses(bob, times=1) == [200]


def test_refusal_has_retry_after(signed_in):
    ann = signed_in("ann@example.com")
    statuses(ann, times=3)

    refused = ann.get(PROJECTS)

    assert (refused["Content-Type"], refused["Retry-After"]) == ("application/problem+json", "20")
    assert refused.json()["code"] == "too_many_requests"


def test_anonymous_requests_count_by_address(api, db):
    assert statuses(api) == [401, 401, 401, 429]
    assert statuses(api, times=1, REMOTE_ADDR="192.0.2.1") == [401]


@pytest.mark.parametrize("path", [PROJECTS, "/api/auth/me/", "/api/nowhere/"])
def test_invalid_token_counts_by_address(api, db, path):
    api.credentials(HTTP_AUTHORIZATION="Bearer x")

    assert statuses(api, path)[-1] == 429


def test_header_does_not_bypass_the_limit_of_public_paths(api, db):
    api.credentials(HTTP_AUTHORIZATION="Bearer x")
    wrong = {"email": "nobody@example.com", "password": "x"}

    answers = [api.post("/api/auth/login/", wrong).status_code for _ in range(4)]

    assert answers == [401, 401, 401, 429]


def test_page_refusal_is_plain_text(api, db):
    statuses(api, "/admin/login/")

    refused = api.get("/admin/login/")

    assert (refused.status_code, refused["Content-Type"]) == (429, "text/plain; charset=utf-8")


def test_health_metrics_and_webhooks_are_not_counted(api, db):
    for path in ("/healthz", "/metrics"):
        assert 429 not in statuses(api, path, times=6)
    answers = [api.post("/api/webhooks/github/1/", {}).status_code for _ in range(6)]
    assert answers == [401] * 6


def test_zero_means_unlimited(api, db, settings):
    settings.DIIP_REQUESTS_PER_MINUTE = 0

    assert 429 not in statuses(api, times=10)
