"""Rows and pages in the shape Jira sends them, made here."""

from typing import Any

from integrations.http import Response
from integrations.providers.base import Scope
from integrations.providers.jira import Jira
from integrations.tests.provider_contract import TOKEN, FakeHttp, reply

SITE = "https://example.atlassian.net"
CLOUD = f"{SITE}/rest/api/3"
SERVER = "https://jira.example.com/rest/api/2"
EMAIL = "ann@example.com"
DATE = "Sat, 22 Nov 2025 10:00:00 GMT"
CATEGORIES = {"To Do": "new", "In Progress": "indeterminate", "Done": "done"}


def jira(http: FakeHttp, base_url: str = CLOUD, **scope: str) -> Jira:
    named = {"scope": "ABC", "scope_id": "10000", "token": TOKEN}
    account = {"account": EMAIL if base_url != SERVER else ""}
    return Jira(Scope(base_url=base_url, **(named | account | scope)), http)


def user(name: str = "Ann", **other: Any) -> dict[str, Any]:
    return {"accountId": f"id-{name}", "displayName": name, "accountType": "atlassian",
            "active": True} | other  # fmt: skip


def status(name: str = "To Do") -> dict[str, Any]:
    return {"id": "1", "name": name, "statusCategory": {"key": CATEGORIES[name]}}


def issue(number: int = 1, **fields: Any) -> dict[str, Any]:
    own = {
        "summary": f"Crash on start {number}",
        "description": None,
        "project": {"id": "10000", "key": "ABC"},
        "status": status(),
        "resolution": None,
        "resolutiondate": None,
        "issuetype": {"name": "Bug"},
        "priority": {"name": "High"},
        "reporter": user(),
        "assignee": None,
        "labels": ["one"],
        "components": [{"name": "core"}],
        "issuelinks": [],
        "comment": {"comments": [], "total": 0, "maxResults": 20, "startAt": 0},
        "created": "2024-01-02T03:04:05.000-0800",
        "updated": "2024-01-03T03:04:05.000-0800",
    }
    return {"id": str(20_000 + number), "key": f"ABC-{number}", "fields": own | fields}


def comment(number: int = 1, **other: Any) -> dict[str, Any]:
    return {
        "id": str(5_000 + number),
        "author": user("Bob"),
        "body": text("Same here."),
        "created": "2024-01-02T04:04:05.000-0800",
        "updated": "2024-01-02T04:04:05.000-0800",
    } | other


def text(words: str) -> dict[str, Any]:
    """A document with one paragraph."""
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": words}]}
    return {"type": "doc", "version": 1, "content": [paragraph]}


def change(number: int, field: str, before: str | None, after: str | None,
           at: str = "2024-01-02T05:04:05.000-0800", **item: Any) -> dict[str, Any]:  # fmt: skip
    named = {"field": field, "fieldId": field, "fromString": before, "toString": after}
    return {
        "id": str(9_000 + number),
        "author": user("Bob"),
        "created": at,
        "items": [named | {"from": None, "to": None} | item],
    }


def found(*rows: object, token: str = "", **headers: str) -> Response:
    """A page of Cloud's search."""
    more = {"nextPageToken": token} if token else {"isLast": True}
    return reply({"issues": list(rows), **more}, date=DATE, **headers)


def changelogs(histories: dict[str, list[Any]], token: str = "") -> Response:
    logs = [{"issueId": id_, "changeHistories": each} for id_, each in histories.items()]
    return reply({"issueChangeLogs": logs} | ({"nextPageToken": token} if token else {}))


def listed(*rows: object, start: int, total: int) -> Response:
    """A page of Data Center's search."""
    place = {"startAt": start, "maxResults": len(rows), "total": total}
    return reply({"issues": list(rows), **place}, date=DATE)


def with_log(row: dict[str, Any], *histories: Any) -> dict[str, Any]:
    log = {"histories": list(histories), "total": len(histories), "startAt": 0, "maxResults": 100}
    return row | {"changelog": log}
