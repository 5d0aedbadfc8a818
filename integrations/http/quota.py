"""What a tracker says is left of its request limit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from integrations.providers.parsing.dates import read_date, read_http_date

_MAX_NUMBER = 2**31 - 1
_LONGEST_WINDOW = timedelta(hours=1)
"""No quota that is told in headers refills later: a reset beyond it is a mistake."""


@dataclass(frozen=True, slots=True)
class Quota:
    """What the upstream says is left of its request limit."""

    limit: int
    remaining: int
    resets_at: datetime
    """On our own clock, whatever the upstream's says."""


def read_quota(headers: Mapping[str, str], now: datetime) -> Quota | None:
    """The `x-ratelimit-*` headers; None where they are absent, make no sense, or tell of another
    limit than that of most requests (GitHub's search has one of its own)."""
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
    """Seconds since 1970 (GitHub) or an ISO 8601 date (Jira)."""
    seconds = _number(text)
    return read_date(text) if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _number(text: str) -> int | None:
    """A whole number that a column can hold; more is capped."""
    is_number = text.isascii() and text.isdecimal() and len(text) < 20
    return min(int(text), _MAX_NUMBER) if is_number else None
