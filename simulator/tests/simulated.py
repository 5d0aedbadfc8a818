"""Asking a simulated GitHub, without a socket between."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from simulator.clock import Clock
from simulator.github.api import GitHubApi
from simulator.github.state import GitHub, GitHubOptions
from simulator.web import Reply, Request

ROOT = "http://tracker.test"
ENGINE = "/repos/octo/engine"
ALL = f"{ENGINE}/issues?state=all&sort=created&direction=asc&per_page=100"


class Reader:
    """A client of a simulated GitHub of its own."""

    def __init__(self, issues: int = 250, seed: int = 1, **options: Any) -> None:
        self.clock = Clock()
        self.clock.freeze(1_795_000_000)
        self.github = GitHub(seed, issues, ROOT, GitHubOptions(**options), self.clock)
        self._api = GitHubApi(self.github)
        self.replies: list[Reply] = []

    @property
    def changes(self):
        return self.github.changes()

    def ask(self, target: str, **headers: str) -> Reply:
        """`headers` with underscores: `if_none_match=...`."""
        path, _, query = target.removeprefix(f"{ROOT}/github").partition("?")
        sent = {"user-agent": "test"} | {n.replace("_", "-"): v for n, v in headers.items()}
        request = Request("GET", f"/github{path}", query, sent, b"", ROOT, "127.0.0.1")
        self.replies.append(self._api.handle(request, path))
        self._api.after(path)
        return self.replies[-1]

    def read(self, target: str, **headers: str) -> Any:
        reply = self.ask(target, **headers)
        assert reply.status == 200, reply.body
        return json.loads(reply.plain_body())

    def read_all(self, target: str, **headers: str) -> list[Any]:
        """Every page, following `next` as it is."""
        rows, next_url = [], target
        while next_url:
            rows += self.read(next_url, **headers)
            next_url = link(self.replies[-1], "next")
        return rows

    def issues(self, target: str = ALL) -> dict[int, Any]:
        """Issues, without pull requests, by id."""
        return {row["id"]: row for row in self.read_all(target) if "pull_request" not in row}


def link(reply: Reply, relation: str) -> str:
    for part in reply.headers.get("Link", "").split(", "):
        url, _, name = part.partition("; rel=")
        if name == f'"{relation}"':
            return url.strip("<>")
    return ""


def query_of(url: str) -> str:
    return urlsplit(url).query


def plain_issue(reader: Reader, state: str = "open") -> int:
    """Some issue that is no pull request."""
    rows = reader.github.each_truth()
    return next(row.number for row in rows if row.state == state and row.gone is None)


def shown(reader: Reader, number: int) -> dict[str, Any]:
    return reader.read(f"{ENGINE}/issues/{number}")


@pytest.fixture
def reader() -> Reader:
    return Reader()
