"""Mapping of Jira's error replies by status and headers.

https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
https://confluence.atlassian.com/adminjiraserver/adjusting-your-code-for-rate-limiting-987143384.html
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from integrations.providers.contract.base import (
    HttpResponse,
    ProviderAccessDenied,
    ProviderAuthError,
    ProviderConfigError,
    ProviderError,
    ProviderNotFound,
    ProviderRateLimited,
    ProviderResponseError,
    Scope,
)
from integrations.providers.parsing.dates import read_date, read_http_date
from integrations.providers.parsing.retry_after import DEFAULT_WAIT, bounded, read_retry_after

_NOT_ACCEPTED = (
    "Jira rejected the search for {scope} (400): the project may be deleted, renamed or no "
    "longer visible to this account, or a page token has expired. If the next sync fails "
    "too, check the project key and the account's Browse Projects permission."
)
_NOT_FOUND = (
    "{scope} does not exist or this account cannot see it. Check the project key and give the "
    "account the Browse Projects permission."
)
_REMOVED = (
    "Jira removed this endpoint (410): this version of DIIP uses an API that Jira no longer "
    "offers. Update DIIP; another try does not help."
)
_REFUSALS: dict[int, tuple[type[ProviderError], str]] = {
    400: (ProviderConfigError, _NOT_ACCEPTED),
    404: (ProviderNotFound, _NOT_FOUND),
    410: (ProviderConfigError, _REMOVED),
    451: (ProviderAccessDenied, "Jira blocks {scope} for legal reasons."),
}
_MOVED = (
    "Jira redirects to another address. Open it in a browser, and connect again with the "
    "final address."
)


def error_for(response: HttpResponse, scope: Scope) -> ProviderError:
    """Return the error for a reply other than 200."""
    status, headers = response.status, response.headers
    wait = ordered_wait(response)
    if wait is not None:
        return ProviderRateLimited(
            f"Jira's request limit is reached{_reason(headers)}.", retry_after=wait
        )
    if status in (401, 403):
        return _refused_account(response, scope)
    if status in _REFUSALS:
        kind, message = _REFUSALS[status]
        return kind(message.format(scope=scope.scope))
    if 300 <= status < 400:
        return ProviderConfigError(_MOVED)
    return ProviderResponseError(f"Jira sent an unexpected reply (status {status}).")


def _refused_account(response: HttpResponse, scope: Scope) -> ProviderError:
    if _must_log_in_first(response.headers):
        return ProviderAuthError(
            "Jira requires a login first (too many failed attempts, CAPTCHA): log in to Jira in a "
            "browser once with the token's account, then enter the token again."
        )
    if response.status == 401:
        return refused_credential(scope)
    return ProviderAccessDenied(
        f"Jira does not let this account read {scope.scope}. Give it the Browse Projects "
        "permission, and a scoped token the right read:jira-work."
    )


def refused_credential(scope: Scope) -> ProviderAuthError:
    if scope.account:
        return ProviderAuthError(
            "Jira rejected the e-mail with this token: the token is wrong, expired or revoked, or "
            "belongs to another account. Atlassian's tokens expire within a year; make a new "
            "token at id.atlassian.com under Security, API tokens."
        )
    return ProviderAuthError(
        "Jira rejected the token: it is wrong, expired or revoked. On Data Center make a new token "
        "in the profile under Personal Access Tokens (Jira 8.14 or later)."
    )


def is_anonymous(headers: Mapping[str, str]) -> bool:
    """Return True if Jira ignored the credential and answered 200 as for anonymous users.

    https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/
    """
    reason = headers.get("x-seraph-loginreason", "").upper()
    is_refused = "AUTHENTICATED_FAILED" in reason or "AUTHENTICATION_DENIED" in reason
    return is_refused or headers.get("x-ausername", "").lower() == "anonymous"


def ordered_wait(response: HttpResponse) -> timedelta | None:
    """Return the ordered wait; None if the reply is not about request limits."""
    status, headers = response.status, response.headers
    if status != 429 and status < 500:
        return None
    now = read_http_date(headers.get("date", "")) or datetime.now(UTC)
    if "retry-after" in headers:
        return read_retry_after(headers["retry-after"], now)
    if status != 429:
        return None
    reset = read_date(headers.get("x-ratelimit-reset", "").strip())
    if reset is not None:
        return bounded((reset - now).total_seconds() + 1)
    interval = whole(headers, "x-ratelimit-interval-seconds")
    return bounded(interval) if interval else DEFAULT_WAIT


def whole(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _must_log_in_first(headers: Mapping[str, str]) -> bool:
    denied = headers.get("x-authentication-denied-reason", "")
    seraph = headers.get("x-seraph-loginreason", "").upper()
    return "CAPTCHA" in denied.upper() or "AUTHENTICATION_DENIED" in seraph


def _reason(headers: Mapping[str, str]) -> str:
    """Return the name of the limit (`jira-burst-based`); empty if not reported."""
    reason = re.sub(r"[^A-Za-z0-9_-]", "", headers.get("ratelimit-reason", ""))[:60]
    return f" ({reason})" if reason else ""
