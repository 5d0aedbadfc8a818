"""Request quota as reported in a tracker's reply headers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from integrations.providers.parsing.dates import read_date, read_http_date

_MAX_NUMBER = 2**31 - 1
_LONGEST_WINDOW = timedelta(hours=1)
"""Longest window of a quota reported in headers; a later reset is an error."""


@dataclass(frozen=True, slots=True)
class Quota:
    """Request limit, remaining requests and reset time reported by the tracker."""

    limit: int
    remaining: int
    resets_at: datetime
    """Reset time on our own clock, corrected for the tracker's clock skew."""


def read_quota(headers: Mapping[str, str], now: datetime) -> Quota | None:
    """Read the `x-ratelimit-*` headers.

    Returns None if they are absent, invalid or about a separate limit (such as GitHub's search).
    """
    if headers.get("x-ratelimit-resource", "").strip() not in ("", "core"):
        return None
    names = ("limit", "remaining", "reset")
    limit, remaining, reset = (headers.get(f"x-ratelimit-{name}", "").strip() for name in names)
    resets_at = _moment(reset)
    if (
        resets_at is None
        or (most := _number(limit)) is None
        or (left := _number(remaining)) is None
    ):
        return None
    skew = (read_http_date(headers.get("date", "")) or now) - now
    if abs(skew) > timedelta(minutes=1):
        resets_at -= skew
    resets_at = min(resets_at, now + _LONGEST_WINDOW)
    return Quota(limit=most, remaining=left, resets_at=resets_at)


def _moment(text: str) -> datetime | None:
    """Parse seconds since 1970 (GitHub) or an ISO 8601 date (Jira)."""
    seconds = _number(text)
    return read_date(text) if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _number(text: str) -> int | None:
    """Parse a whole number, capped to fit its column; None if it is none."""
    is_number = text.isascii() and text.isdecimal() and len(text) < 20
    return min(int(text), _MAX_NUMBER) if is_number else None
