"""Simulated tracker in a separate process, to keep it out of the measurements."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import urlsplit

import msgspec

from simulator.github.truth import Truth

LATE = timedelta(days=2)
"""Delay of the tracker's clock, so that the benchmark can advance it by hours."""


def _serve(parent: Connection) -> None:
    from simulator.server import TrackerServer  # noqa: PLC0415 - needed in the child only

    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    until = midnight - LATE - timedelta(days=1)
    # Issues only: 10,000 rows of the list are 10,000 rows to store.
    with TrackerServer(issues=0, until=until, quota=None, pull_share=0.0) as server:
        server.clock.shift(-LATE.total_seconds())
        parent.send(server.url)
        parent.poll(None)  # waits until the parent closes its end


@contextmanager
def run_trackers() -> Iterator[str]:
    """Start the tracker; yield its URL."""
    spawn = get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        ours.close()
        process.join(5)
        process.kill()


class Seen(msgspec.Struct):
    """Request received by the tracker."""

    status: int | None
    rows: int | None = None


class Trackers:
    """Control client of a running tracker."""

    def __init__(self, url: str) -> None:
        self.url = url

    def issues_url(self, repository: str, since: str = "") -> str:
        """Return the exact URL that DIIP requests, so that both get the same cached pages."""
        when = f"since={since}&" if since else ""
        query = f"state=all&sort=created&direction=asc&{when}per_page=100"
        return f"{self.url}/github/repos/{repository}/issues?{query}"

    def add(self, repository: str, issues: int) -> None:
        self._ask("POST", f"github/{repository}", {"issues": issues})

    def touch(self, repository: str, count: int, seed: int) -> None:
        self._ask("POST", f"github/{repository}/touch", {"count": count, "seed": seed})

    def pass_time(self, minutes: int) -> None:
        self._ask("POST", "clock", {"shift": minutes * 60})

    @contextmanager
    def latency(self, milliseconds: int) -> Iterator[None]:
        fault = {"kind": "latency", "times": None, "milliseconds": milliseconds}
        self._ask("POST", "faults", fault)
        try:
            yield
        finally:
            self._ask("DELETE", "faults")

    def forget_requests(self) -> None:
        self._ask("DELETE", "requests")

    def requests(self) -> list[Seen]:
        return msgspec.json.decode(self._ask("GET", "requests?path=/github"), type=list[Seen])

    def truth(self, repository: str) -> Iterator[Truth]:
        decoder = msgspec.json.Decoder(Truth)
        for line in self._ask("GET", f"github/{repository}/truth").splitlines():
            yield decoder.decode(line)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
        connection = HTTPConnection(urlsplit(self.url).netloc)
        connection.request(method, f"/_control/{path}", json.dumps(body) if body else None)
        reply = connection.getresponse()
        content = reply.read()
        connection.close()
        if reply.status >= 400:
            raise RuntimeError(f"{method} {path}: {content[:200]!r}")
        return content
