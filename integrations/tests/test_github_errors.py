"""Mapping of GitHub's error replies and header formats."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.providers.contract.base import Scope
from integrations.providers.github.errors import error_for, ordered_wait, read_expiry
from integrations.providers.parsing.dates import read_http_date
from integrations.providers.parsing.retry_after import LONGEST_WAIT, SHORTEST_WAIT, read_retry_after
from integrations.tests.provider_contract import TOKEN, reply

NOW = datetime(2025, 11, 22, 10, tzinfo=UTC)
SCOPE = Scope(base_url="https://api.github.com", scope="octo/hello", token=TOKEN)
MINUTE = timedelta(minutes=1)
CLOCK = {"date": "Sat, 22 Nov 2025 10:00:00 GMT"}


def epoch(after: timedelta) -> str:
    return str(int((NOW + after).timestamp()))


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("60", MINUTE),
        (" 60 ", MINUTE),
        ("0", SHORTEST_WAIT),
        ("-5", SHORTEST_WAIT),
        ("1000000000", LONGEST_WAIT),
        ("9" * 5_000, LONGEST_WAIT),
        ("soon", MINUTE),
        ("", MINUTE),
        ("1.5", MINUTE),
        (format_datetime(NOW + timedelta(minutes=2), usegmt=True), 2 * MINUTE),
        (format_datetime(NOW - timedelta(minutes=2), usegmt=True), SHORTEST_WAIT),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT),
    ],
)
def test_retry_after_in_all_its_forms(text, wait):
    assert read_retry_after(text, NOW) == wait


@given(st.text() | st.integers().map(str) | st.datetimes().map(format_datetime))
def test_a_wait_is_always_within_bounds(text):
    assert SHORTEST_WAIT <= read_retry_after(text, NOW) <= LONGEST_WAIT


@settings(max_examples=30)
@given(st.text() | st.from_regex(r"\d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ [A-Z+\-0-9]*"))
def test_a_date_header_is_an_aware_date_or_none(text):
    date = read_http_date(text)

    assert date is None or date.tzinfo is UTC


@given(st.text())
def test_an_expiry_is_an_aware_date_or_none(text):
    expiry = read_expiry(text)

    assert expiry is None or expiry.tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["2026-05-12 10:00:00 UTC", "2026-05-12 12:00:00 +0200", "2026-05-12 10:00:00 +00:00 "]
)
def test_both_forms_of_an_expiry_are_read(text):
    assert read_expiry(text) == datetime(2026, 5, 12, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (403, {"retry_after": "90", "x_ratelimit_remaining": "0"}, timedelta(seconds=90)),
        (429, {"retry_after": "90"}, timedelta(seconds=90)),
        (503, {"retry_after": "90"}, timedelta(seconds=90)),
        (429, {}, MINUTE),
        (403, {}, None),
        (403, {"x_ratelimit_remaining": "12"}, None),
        (404, {"retry_after": "90"}, None),
        (200, {"x_ratelimit_remaining": "0"}, None),
    ],
)
def test_waits_are_told_in_githubs_own_order(status, headers, wait):
    assert ordered_wait(reply(b"", status, **headers)) == wait


@pytest.mark.parametrize(
    ("reset", "wait"),
    [
        (epoch(timedelta(minutes=30)), timedelta(minutes=30, seconds=1)),
        (epoch(timedelta(minutes=-30)), SHORTEST_WAIT),
        (epoch(timedelta(days=30)), LONGEST_WAIT),
        ("soon", MINUTE),
        ("9" * 40, MINUTE),
        ("", MINUTE),
    ],
)
def test_an_empty_quota_waits_for_its_refill_on_their_clock(reset, wait):
    headers = {"x_ratelimit_remaining": "0", "x_ratelimit_reset": reset} | CLOCK

    assert ordered_wait(reply(b"", 403, **headers)) == wait


def test_secondary_limit_without_headers_is_detected_by_documentation_url():
    body = {"message": "…", "documentation_url": "https://docs.github.com/x#secondary-rate-limits"}
    other = {"message": "secondary rate limit", "documentation_url": "https://docs.github.com/x"}

    assert ordered_wait(reply(body, 403)) == MINUTE
    assert ordered_wait(reply(other, 403)) is None
    assert ordered_wait(reply(b"[" * 5_000, 403)) is None


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"x_github_sso": "required; url=https://github.com/orgs/o/sso?a=1"}, "orgs/o/sso?a=1"),
        ({"x_github_sso": "required; url=https://evil.test/orgs"}, "token's settings"),
        ({"x_github_sso": "required; url=https://github.com@evil.test/"}, "token's settings"),
        ({"x_accepted_github_permissions": "issues=read; <b>x"}, "issues=read; bx"),
        ({}, "read access to the repository's issues"),
    ],
)
def test_a_forbidden_answer_names_the_fix(headers, words):
    message = error_for(reply(b"", 403, **headers), SCOPE).message

    assert words in message
    assert "evil" not in message


def test_refused_and_missing_tokens_have_different_messages():
    nameless = Scope(base_url=SCOPE.base_url, scope=SCOPE.scope)

    assert "Enter a new token" in error_for(reply(b"", 401), SCOPE).message
    assert "requires a token" in error_for(reply(b"", 401), nameless).message


def test_without_a_token_a_limit_names_the_way_out():
    nameless = Scope(base_url=SCOPE.base_url, scope=SCOPE.scope)

    assert "A token raises the limit" in error_for(reply(b"", 429), nameless).message
    assert "token" not in error_for(reply(b"", 429), SCOPE).message
