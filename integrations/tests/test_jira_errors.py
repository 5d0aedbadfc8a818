"""Mapping of Jira's error replies and waits."""

from datetime import timedelta

import pytest

from integrations.providers.contract.base import (
    ProviderAccessDenied,
    ProviderAuthError,
    ProviderConfigError,
    ProviderRateLimited,
    Scope,
)
from integrations.providers.jira.errors import error_for
from integrations.tests.jira_pages import CLOUD, DATE
from integrations.tests.provider_contract import TOKEN, reply

SCOPE = Scope(base_url=CLOUD, scope="ABC", token=TOKEN, account="ann@acme.test")


def refused(status, scope=SCOPE, **headers):
    return error_for(
        reply({"message": f"foreign body {TOKEN}"}, status, date=DATE, **headers), scope
    )


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7),
        ({"retry_after": "Sat, 22 Nov 2025 10:05:00 GMT"}, 300),
        ({"x_ratelimit_reset": "2025-11-22T10:01Z"}, 60),
        ({"x_ratelimit_reset": "2025-11-22T10:02:00Z"}, 121),
        ({"x_ratelimit_reset": "2025-11-22T09:00:00Z"}, 1),
        ({"x_ratelimit_reset": "2025-12-22T10:00:00+00:00"}, 3600),
        ({"x_ratelimit_interval_seconds": "10"}, 10),
        ({"retry_after": "soon"}, 60),
        ({"retry_after": "-5"}, 1),
        ({"retry_after": "1000000000"}, 3600),
        ({}, 60),
    ],
)
def test_told_to_wait(headers, seconds):
    error = refused(429, **headers)

    assert isinstance(error, ProviderRateLimited)
    assert error.retry_after == timedelta(seconds=seconds)


def test_a_503_that_says_when_to_come_back_is_pacing():
    assert refused(503, retry_after="20").retry_after == timedelta(seconds=20)


def test_which_limit_it_was_is_named():
    assert "(jira-burst-based)" in refused(429, ratelimit_reason="jira-burst-based").message
    assert "<" not in refused(429, ratelimit_reason="<b>").message


def test_a_wrong_token_names_the_fix_of_its_dialect():
    server = Scope(base_url="https://jira.test/rest/api/2", scope="ABC", token=TOKEN)

    assert "id.atlassian.com" in refused(401).message
    assert "Personal Access Tokens" in refused(401, scope=server).message


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    "headers",
    [
        {"x_seraph_loginreason": "AUTHENTICATION_DENIED"},
        {"x_authentication_denied_reason": "CAPTCHA_CHALLENGE; login-url=https://x/login.jsp"},
    ],
)
def test_a_captcha_is_solved_by_logging_in(status, headers):
    error = refused(status, **headers)

    assert isinstance(error, ProviderAuthError)
    assert "log in to Jira in a browser" in error.message


def test_a_failed_login_reason_alone_is_a_wrong_token():
    error = refused(401, x_seraph_loginreason="AUTHENTICATED_FAILED")

    assert "wrong, expired or revoked" in error.message


def test_a_missing_right_is_named():
    error = refused(403)

    assert isinstance(error, ProviderAccessDenied)
    assert "Browse Projects" in error.message


def test_a_redirect_of_a_question_is_an_address_that_moved():
    error = refused(308, location="https://new.acme.test/")

    assert isinstance(error, ProviderConfigError)
    assert "new.acme.test" not in error.message


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 410, 418, 429, 451])
def test_no_token_and_no_body_in_a_message(status):
    message = refused(status).message

    assert TOKEN not in message
    assert "foreign body" not in message
