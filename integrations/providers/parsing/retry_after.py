"""Parsing of the wait that a tracker orders, for all providers."""

import re
from datetime import datetime, timedelta

from integrations.providers.parsing.dates import read_date, read_http_date

SHORTEST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(hours=1)
DEFAULT_WAIT = timedelta(seconds=60)


def read_retry_after(text: str, now: datetime) -> timedelta:
    """Parse seconds, an HTTP date or an ISO 8601 date; anything else gives a minute.

    The result lies between SHORTEST_WAIT and LONGEST_WAIT.
    """
    text = text.strip()
    if re.fullmatch(r"[+-]?[0-9]+", text):
        return bounded(int(text[:12]))
    date = read_http_date(text) or read_date(text)
    return bounded((date - now).total_seconds()) if date else DEFAULT_WAIT


def bounded(seconds: float) -> timedelta:
    shortest, longest = SHORTEST_WAIT.total_seconds(), LONGEST_WAIT.total_seconds()
    return timedelta(seconds=max(shortest, min(seconds, longest)))
