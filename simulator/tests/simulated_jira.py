"""Asking a simulated Jira, without a socket between."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from simulator.clock import Clock
from simulator.jira.api_cloud import CloudApi
from simulator.jira.api_server import ServerApi
from simulator.jira.state import Jira, JiraOptions
from simulator.web import Reply, Request

ROOT = "http://tracker.test"
V3, V2 = "/rest/api/3", "/rest/api/2"
IN_ORDER = "ORDER BY created ASC, id ASC"
ALL = f"project = ENG {IN_ORDER}"
NOW = 1_795_000_000
"""Seconds since 1970 on the readers' clocks, which stand still: after every history's end."""


def basic(token: str = "good-token", email: str = "hana@example.org") -> str:
    return "Basic " + base64.b64encode(f"{email}:{token}".encode()).decode()


class JiraReader:
    """A client of a simulated Jira of its own."""

    def __init__(self, issues: int = 120, seed: int = 1, **options: Any) -> None:
        self.clock = Clock()
        self.clock.freeze(NOW)
        self.jira = self._jira(seed, JiraOptions(issues=issues, **options))
        self.authorization = basic()
        self.replies: list[Reply] = []

    def _jira(self, seed: int, options: JiraOptions) -> Jira:
        jira = Jira(seed, f"{ROOT}/jira", self.clock, options)
        self.api = CloudApi(jira)
        return jira

    @property
    def changes(self):
        return self.jira.changes()

    def ask(self, path: str, body: Any = None, **headers: str) -> Reply:
        """GET, or POST where there is a body; `headers` with underscores."""
        full = path if path.startswith("/atlassian/") else f"/{self.mount}{path}"
        route, _, query = full.partition("?")
        sent = {"authorization": self.authorization, "content-type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = b"" if body is None else json.dumps(body).encode()
        method = "GET" if body is None else "POST"
        request = Request(method, route, query, sent, content, ROOT, "127.0.0.1")
        self.replies.append(self._handle(request, route))
        return self.replies[-1]

    mount = "jira"

    def _handle(self, request: Request, route: str) -> Reply:
        mount, _, path = route.lstrip("/").partition("/")
        handle = self.api.gateway if mount == "atlassian" else self.api.site
        reply = handle(request, f"/{path}")
        self.api.after(f"/{path}")
        return reply

    def read(self, path: str, body: Any = None, **headers: str) -> Any:
        reply = self.ask(path, body, **headers)
        assert reply.status == 200, reply.body
        return json.loads(reply.plain_body())

    def page(self, jql: str = ALL, **wanted: Any) -> Any:
        """One page of a search, by POST."""
        return self.read(f"{V3}/search/jql", {"jql": jql, **wanted})

    def search(self, jql: str = ALL, **wanted: Any) -> list[Any]:
        """Every page of a search."""
        rows, token = [], None
        while True:
            page = self.page(jql, **(wanted | ({"nextPageToken": token} if token else {})))
            rows, token = rows + page["issues"], page.get("nextPageToken")
            if token is None:
                return rows

    def found(self, jql: str = ALL) -> list[str]:
        return [row["key"] for row in self.search(jql, fields=["key"], maxResults=5000)]

    def issue(self, reference: str | int, query: str = "") -> Any:
        return self.read(f"{V3}/issue/{reference}{query}")


class ServerReader(JiraReader):
    """A client of a simulated Data Center."""

    mount = "jira-dc"

    def _jira(self, seed: int, options: JiraOptions) -> Jira:
        jira = Jira(seed, f"{ROOT}/jira-dc", self.clock, options, cloud=False)
        self.api = ServerApi(jira)
        return jira

    def __init__(self, issues: int = 120, seed: int = 1, **options: Any) -> None:
        super().__init__(issues, seed, **options)
        self.authorization = "Bearer good-token"

    def _handle(self, request: Request, route: str) -> Reply:
        path = route.removeprefix("/jira-dc")
        reply = self.api.handle(request, path)
        self.api.after(path)
        return reply

    def page(self, jql: str = ALL, **wanted: Any) -> Any:
        return self.read(f"{V2}/search?{urlencode({'jql': jql, **wanted})}")

    def search(self, jql: str = ALL, **wanted: Any) -> list[Any]:
        rows: list[Any] = []
        while True:
            page = self.page(jql, startAt=len(rows), **wanted)
            rows += page["issues"]
            if not page["issues"] or len(rows) >= page["total"]:
                return rows

    def issue(self, reference: str | int, query: str = "") -> Any:
        return self.read(f"{V2}/issue/{reference}{query}")


def messages(reply: Reply) -> str:
    return " ".join(json.loads(reply.plain_body())["errorMessages"])


@pytest.fixture
def reader() -> JiraReader:
    return JiraReader()


@pytest.fixture
def server() -> ServerReader:
    return ServerReader()


@pytest.fixture(scope="module")
def still() -> JiraReader:
    """For tests that change nothing."""
    return JiraReader(issues=250)
