"""Fixed rows, served as GitHub serves a repository's lists."""

import json
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from integrations.tests.upstream import answer

Row = dict[str, Any]


class Replay:
    """GitHub's lists over fixed rows: pages with `Link`, `since`, ETag and 304."""

    def __init__(
        self, name: str, number: int, lists: dict[str, list[Row]], per_page: int = 100
    ) -> None:
        self.name, self.number, self.per_page = name, number, per_page
        self.lists: dict[str, list[Row]] = {"/issues/events": []} | lists
        self.asked: list[tuple[str, int]] = []

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        name = parts.path.removeprefix(f"/repos/{self.name}")
        if not name:
            answer(json.dumps({"id": self.number, "full_name": self.name}).encode())(handler)
            return
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        found = [
            row
            for row in self.lists[name]
            if row.get("updated_at", row["created_at"]) >= query.get("since", "")
        ]
        self._send(handler, name, query, found)

    def _send(self, handler: Any, name: str, query: dict[str, str], found: list[Row]) -> None:
        page = int(query.get("page", 1))
        end = page * self.per_page
        body = json.dumps(found[end - self.per_page : end]).encode()
        etag = f'W/"{sha256(body).hexdigest()}"'
        same = handler.headers.get("if-none-match") == etag
        self.asked.append((name, 304 if same else 200))
        headers = {"etag": etag}
        if len(found) > end:
            following = urlencode({**query, "page": str(page + 1)})
            root = f"http://{handler.headers['host']}/repos/{self.name}{name}"
            headers["link"] = f'<{root}?{following}>; rel="next"'
        answer(b"" if same else body, 304 if same else 200, **headers)(handler)
