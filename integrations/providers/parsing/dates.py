"""Parsing of dates in trackers' bodies and headers."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec


def read_date(value: object) -> datetime | None:
    """Parse to aware UTC, assuming UTC without a zone; None if invalid."""
    try:
        date = msgspec.convert(value, datetime)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError):
        return None


def read_http_date(text: str) -> datetime | None:
    """Parse a `Date` or `Retry-After` header; None if it is no date."""
    try:
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, IndexError, OverflowError):
        return None
