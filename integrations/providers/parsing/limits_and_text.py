"""Limits and checks for storable, displayable text, URLs and dates."""

import re
from datetime import UTC, datetime, timedelta

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
CUT_MARK = "…"

# Equal to the columns' widths; plausible bounds where a column has none.
MAX_ID = 64
MAX_NAME = 255
MAX_WORD = 100
MAX_FIELD = 32
MAX_URL = 500
MAX_TITLE = 1_000
MAX_BODY = 1_000_000
MAX_COUNT = 2**31 - 1

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LEAD = timedelta(days=1)  # a tracker's clock may run ahead of ours by this much

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
COLOUR = re.compile("(?:[0-9a-fA-F]{6})?")


def clean_text(value: str, limit: int) -> tuple[str, bool]:
    """Return storable text of at most `limit` characters, and True if it changed."""
    cleaned = value if is_plain(value) else UNSTORABLE.sub(REPLACEMENT, value)
    if len(cleaned) > limit:
        cleaned = cleaned[: limit - len(CUT_MARK)] + CUT_MARK
    return cleaned, cleaned is not value


def clean_url(url: str) -> str:
    """Return the URL; empty if it may not become a link."""
    return url if is_url(url) else ""


def is_plain(text: str) -> bool:
    if "\x00" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_url(url: str) -> bool:
    """Return True if empty or a web URL; `javascript:` must never become a link."""
    return not url or (
        len(url) <= MAX_URL and url.startswith(("https://", "http://")) and is_plain(url)
    )


def are_plausible(*moments: datetime | None) -> bool:
    latest = datetime.now(UTC) + _LEAD
    return all(moment is None or EARLIEST <= moment <= latest for moment in moments)
