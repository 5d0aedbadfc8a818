"""Mapping of Stack Exchange's error replies by `error_id`, otherwise by status.

https://api.stackexchange.com/docs/error-handling
"""

from datetime import UTC, datetime, timedelta

import msgspec

from integrations.providers.contract.base import (
    HttpResponse,
    ProviderAccessDenied,
    ProviderAuthError,
    ProviderConfigError,
    ProviderError,
    ProviderNotFound,
    ProviderRateLimited,
    ProviderResponseError,
    ProviderUnavailable,
    Scope,
)
from integrations.providers.parsing.dates import read_http_date
from integrations.providers.parsing.retry_after import DEFAULT_WAIT, bounded, read_retry_after
from integrations.providers.stackoverflow.payloads import Wrapper

THROTTLED = 502
_THROTTLED_WAIT = timedelta(minutes=10)
"""Wait after a `throttle_violation`: only its text has the time; earlier requests extend it."""

_BAD_PARAMETER = (
    ProviderConfigError,
    "Stack Exchange rejected this request: check the site, the tags and the key.",
)
_REFUSED_KEY = (
    ProviderAuthError,
    "Stack Exchange rejected the key: it is wrong or was revoked. Enter a new key.",
)
_DENIED = (ProviderAccessDenied, "Stack Exchange does not let this key read this site.")
_NO_METHOD = (
    ProviderConfigError,
    "This address has no such API method: check the address of the API.",
)
_PASSING = (ProviderUnavailable, "Stack Exchange has an internal problem. DIIP tries again.")
_ERRORS: dict[int, tuple[type[ProviderError], str]] = {
    400: _BAD_PARAMETER,
    401: _REFUSED_KEY,
    402: _REFUSED_KEY,
    403: _DENIED,
    404: _NO_METHOD,
    405: (ProviderAuthError, "Stack Exchange requires a key here. Enter a key."),
    406: _REFUSED_KEY,
    500: _PASSING,
    503: _PASSING,
}
_STATUSES = {
    401: _REFUSED_KEY,
    403: _DENIED,
    404: (ProviderNotFound, "Nothing answers at this address: check the address of the API."),
}


def error_for(reply: HttpResponse, wrapper: Wrapper, scope: Scope) -> ProviderError:
    """Return the error for an error reply."""
    number = whole(wrapper.error_id)
    wait = _ordered_wait(reply, wrapper, number)
    if wait is not None:
        hint = "" if scope.token else " A key raises the limit."
        return ProviderRateLimited(
            f"Stack Exchange's request limit is reached.{hint}", retry_after=wait
        )
    found = _STATUSES.get(reply.status) if number is None else _ERRORS.get(number)
    if found:
        kind, message = found
        return kind(message)
    code = f"status {reply.status}" if number is None else f"error {number}"
    return ProviderResponseError(f"Stack Exchange sent an unexpected reply ({code}).")


class Refill(msgspec.Struct, frozen=True):
    """Time at which the quota is full again."""

    at: datetime
    wait: timedelta


def until_refill(reply: HttpResponse) -> Refill:
    """Return the next midnight UTC on the tracker's clock: quotas are daily."""
    now = _now(reply)
    at = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return Refill(at=at, wait=at - now)


def whole(value: object) -> int | None:
    """Parse a non-negative integer, also from text; None if it is none."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return min(value, 2**31 - 1)


def _ordered_wait(reply: HttpResponse, wrapper: Wrapper, number: int | None) -> timedelta | None:
    if number == THROTTLED:
        is_spent = whole(wrapper.quota_remaining) == 0
        return bounded(until_refill(reply).wait.total_seconds()) if is_spent else _THROTTLED_WAIT
    if number is None and (reply.status == 429 or reply.status >= 500):
        wait = reply.headers.get("retry-after", "")
        return read_retry_after(wait, _now(reply)) if wait else DEFAULT_WAIT
    return None


def _now(reply: HttpResponse) -> datetime:
    return read_http_date(reply.headers.get("date", "")) or datetime.now(UTC)
