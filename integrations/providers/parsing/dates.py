"""Dates as trackers write them, in bodies and in headers."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec


def read_date(value: object) -> datetime | None:
    """An aware UTC date, or None if it cannot be one; without a zone it is taken for UTC."""
    try:
        date = msgspec.convert(value, datetime)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError):
        return None


def read_http_date(text: str) -> datetime | None:
    """A `Date` or `Retry-After` header; None where it is no date."""
    try:
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, IndexError, OverflowError):
        return None
