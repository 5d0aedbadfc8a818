"""Use a migrated database as its recorded user.

python -m tests.upgrade.use     prints what was found as JSON
"""

import json
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import django
from django.core.management import call_command

from tests.upgrade import EMAIL, PASSWORD


def main() -> None:
    django.setup()
    call_command("check", databases=["default"], fail_level="WARNING", stdout=sys.stderr)
    call_command("makemigrations", check=True, dry_run=True, stdout=sys.stderr)
    sys.stdout.write(json.dumps({"secrets": read_secrets(), **Api().look_around()}))


def read_secrets() -> dict[str, Any]:
    """Return decrypted tokens, and counts of ciphertexts by `count_keys`."""
    from integrations.credentials.access import read_token
    from integrations.lifecycle.key_rotation import count_keys
    from integrations.models import Integration

    report = count_keys()
    tokens = [read_token(each) for each in Integration.objects.with_token()]
    return {"tokens": tokens, "current": report.current, "unreadable": report.unreadable}


class Api:
    """Client of the API, signed in."""

    def __init__(self) -> None:
        from django.test import Client

        self.client = Client(SERVER_NAME="localhost")
        account = {"email": EMAIL, "password": PASSWORD}
        access = self.call("POST", "auth/login/", account)["access"]
        self.client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {access}"

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        given = {"data": json.dumps(body), "content_type": "application/json"} if body else {}
        reply = self.client.generic(method, f"/api/{path}", **given)
        assert reply.status_code < 300, f"{method} {path}: {reply.status_code} {reply.content}"
        return reply.json()

    def look_around(self) -> dict[str, Any]:
        """Return ids of all projects by kind, opened issues, a new id."""
        projects = sorted(row["id"] for row in self.call("GET", "projects/")["results"])
        found: dict[str, Any] = {"projects": projects}
        for name in ("issues", "alerts", "integrations", "members"):
            found[name] = sorted(i for pk in projects for i in self.list_ids(f"{pk}/{name}/"))
        found["opened"] = sum(map(self.count_opened, projects))
        found["search_works"] = all(map(self.finds_an_issue, projects))
        found["created"] = self.call("POST", "projects/", {"name": "New"})["id"]
        return found

    def list_ids(self, path: str, query: str = "") -> list[int]:
        rows = self.call("GET", f"projects/{path}?page_size=200{query}")["results"]
        return [row["id"] for row in rows]

    def finds_an_issue(self, project: int) -> bool:
        """Search for the first word of an issue's title."""
        issue = self.call("GET", f"projects/{project}/issues/")["results"][0]
        word = quote(issue["title"].split()[0])
        return issue["id"] in self.list_ids(f"{project}/issues/", f"&q={word}")

    def count_opened(self, project: int) -> int:
        path = f"projects/{project}/analytics/summary/?from=2020-01-01&to=2026-12-31"
        summary = self.call("GET", path)
        return int(summary["metrics"]["opened"]["value"] or 0)


if __name__ == "__main__":
    main()
