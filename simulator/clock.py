"""The trackers' own clock: real until somebody shifts or stops it."""

import time
from datetime import UTC, datetime


def stamp(seconds: int) -> str:
    """2026-03-01T09:30:00Z"""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def parse_stamp(text: str) -> int | None:
    """Seconds since 1970, or None of what is no time."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp())


class Clock:
    """Seconds since 1970, as the trackers see them."""

    def __init__(self) -> None:
        self._shift = 0.0
        self._frozen: float | None = None

    def now(self) -> int:
        return int(self.exact())

    def exact(self) -> float:
        base = time.time() if self._frozen is None else self._frozen
        return base + self._shift

    def freeze(self, at: datetime | int | None = None) -> None:
        """Stop, now or at a moment given; `shift` still moves it."""
        moment = self.exact() if at is None else _seconds(at)
        self._frozen, self._shift = moment, 0.0

    def shift(self, seconds: float) -> None:
        self._shift += seconds

    def set(self, at: datetime | int) -> None:
        """Go on running from a moment given."""
        self._frozen = None
        self._shift = _seconds(at) - time.time()

    def reset(self) -> None:
        self._shift, self._frozen = 0.0, None


def _seconds(at: datetime | int) -> float:
    return at.timestamp() if isinstance(at, datetime) else float(at)
