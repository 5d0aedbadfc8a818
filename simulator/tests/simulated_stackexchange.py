"""Asking a simulated Stack Exchange, without a socket between."""

import gzip
import json
from typing import Any

import pytest

from simulator.clock import Clock
from simulator.stackexchange.api import StackExchangeApi
from simulator.stackexchange.state import StackExchange, StackExchangeOptions
from simulator.web import Reply, Request

NOW = 1_795_000_000
ASCENDING = "/questions?tagged=engine&sort=activity&order=asc"


class Reader:
    """A client of a simulated Stack Exchange of its own."""

    def __init__(self, questions: int = 120, seed: int = 1, **options: Any) -> None:
        self.clock = Clock()
        self.clock.freeze(NOW)
        settings = StackExchangeOptions(questions=questions, **options)
        self.stackexchange = StackExchange(seed, "http://tracker.test", settings, self.clock)
        self._api = StackExchangeApi(self.stackexchange)
        self.replies: list[Reply] = []

    @property
    def changes(self):
        return self.stackexchange.changes()

    @property
    def truth(self):
        return self.stackexchange.truth()

    def ask(self, target: str, *, site: str = "stackoverflow", address: str = "127.0.0.1") -> Reply:
        path, _, query = target.partition("?")
        query = "&".join(part for part in (query, f"site={site}" if site else "") if part)
        path = f"/2.3{path}"
        request = Request("GET", f"/stackexchange{path}", query, {}, b"", "http://t", address)
        self.replies.append(self._api.handle(request, path))
        self._api.after(path)
        return self.replies[-1]

    def read(self, target: str, **where: str) -> dict[str, Any]:
        reply = self.ask(target, **where)
        assert reply.status == 200, gzip.decompress(reply.body)
        return json.loads(gzip.decompress(reply.body))

    def items(self, target: str, **where: str) -> list[dict[str, Any]]:
        return self.read(target, **where)["items"]

    def item(self, target: str, **where: str) -> dict[str, Any]:
        (row,) = self.items(target, **where)
        return row

    def error(self, target: str, **where: str) -> tuple[int, str, str]:
        reply = self.ask(target, **where)
        assert reply.status == 400
        body = json.loads(gzip.decompress(reply.body))
        return body["error_id"], body["error_name"], body["error_message"]

    def read_all(self, target: str) -> list[dict[str, Any]]:
        rows, page, more = [], 1, True
        while more:
            answer = self.read(f"{target}&pagesize=20&page={page}")
            rows, page, more = rows + answer["items"], page + 1, answer["has_more"]
        return rows


@pytest.fixture
def reader() -> Reader:
    return Reader()


def first(reader: Reader, **wanted: Any) -> int:
    """The id of some question of which all that is true: `accepted_answer_id=None`."""
    for question in reader.truth.values():
        if all(getattr(question, name) == value for name, value in wanted.items()):
            return question.id
    raise LookupError(wanted)
