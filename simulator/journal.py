"""Every request the trackers saw, for tests and for curious users. Never a token's value."""

from collections import deque
from collections.abc import Mapping
from itertools import islice
from threading import Lock

import msgspec

_KEPT = 100_000
_SHOWN = (
    "user-agent", "accept", "accept-encoding", "if-none-match", "x-github-api-version",
    "content-type",
)  # fmt: skip


class Seen(msgspec.Struct, frozen=True):
    """One request and how it was answered."""

    method: str
    path: str
    query: dict[str, str]
    query_string: str
    headers: dict[str, str]
    authorized: bool
    """A token was sent."""
    status: int | None
    """None: no answer was given (a cut or hanging connection)."""
    at: float
    """On the trackers' clock."""
    milliseconds: float
    rows: int | None
    fault: str = ""
    body: str = ""
    """What was posted, its beginning: Jira is searched by POST."""


class Journal:
    """The newest requests, oldest first."""

    def __init__(self) -> None:
        self._seen: deque[Seen] = deque(maxlen=_KEPT)
        self._lock = Lock()

    def add(self, seen: Seen) -> None:
        with self._lock:
            self._seen.append(seen)

    def all(self, path: str = "") -> list[Seen]:
        """Those whose path contains `path`."""
        with self._lock:
            return [seen for seen in self._seen if path in seen.path]

    def newest(self, count: int) -> list[Seen]:
        with self._lock:
            return list(islice(reversed(self._seen), count))[::-1]

    def clear(self) -> None:
        with self._lock:
            self._seen.clear()

    def __len__(self) -> int:
        return len(self._seen)


def shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in _SHOWN if name in headers}
