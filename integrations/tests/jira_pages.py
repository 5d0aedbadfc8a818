"""Builders of pages in the format of Jira Cloud and Data Center."""

from collections.abc import Mapping
from typing import Any

from integrations.http.session import Response
from integrations.providers.contract.base import Scope
from integrations.providers.jira import Jira
from integrations.tests.provider_contract import TOKEN, FakeHttp, reply

SITE = "https://acme.atlassian.net"
CLOUD = f"{SITE}/rest/api/3"
SERVER_SITE = "https://jira.acme.test/jira"
SERVER = f"{SERVER_SITE}/rest/api/2"
CLOUD_ID = "11223344-a1b2-3b33-c444-def123456789"
GATEWAY = f"https://api.atlassian.com/ex/jira/{CLOUD_ID}"
DATE = "Sat, 22 Nov 2025 10:00:00 GMT"
EPIC_LINK = "customfield_10008"
EPICS = [
    {"id": "summary", "name": "Summary", "schema": {"type": "string", "system": "summary"}},
    {"id": EPIC_LINK, "schema": {"custom": "com.pyxis.greenhopper.jira:gh-epic-link"}},
]


class EpicsKnown:
    """Scripted HTTP client that answers the request for fields automatically."""

    def __init__(self, http: FakeHttp) -> None:
        self._http = http

    def __getattr__(self, name: str) -> Any:
        return getattr(self._http, name)

    def get(self, url: str, *, endpoint: str, headers: Mapping[str, str]) -> Response:
        if endpoint == "/field":
            return reply(EPICS)
        return self._http.get(url, endpoint=endpoint, headers=headers)


def cloud(http: Any, base_url: str = CLOUD, **scope: str) -> Jira:
    named = {"scope": "ABC", "scope_id": "10000", "token": TOKEN, "account": "ann@acme.test"}
    return Jira(Scope(base_url=base_url, **(named | scope)), http)


def server(http: FakeHttp, base_url: str = SERVER, **scope: str) -> Jira:
    named = {"scope": "ABC", "scope_id": "10000", "token": TOKEN}
    return Jira(Scope(base_url=base_url, **(named | scope)), EpicsKnown(http))


def user(name: str = "Ann", **other: Any) -> dict[str, Any]:
    return {
        "accountId": f"5b10:{name.lower()}",
        "accountType": "atlassian",
        "displayName": name,
        "active": True,
        "timeZone": "America/Los_Angeles",
    } | other


def server_user(name: str = "ann", **other: Any) -> dict[str, Any]:
    known = {"key": f"JIRAUSER-{name}", "name": name, "displayName": name.title()}
    return known | {"active": True, "emailAddress": f"{name}@acme.test"} | other


STATUSES = {
    "To Do": ("1", "new"),
    "In Progress": ("3", "indeterminate"),
    "Done": ("10", "done"),
    "Closed": ("6", "done"),
}


def status(name: str = "To Do") -> dict[str, Any]:
    number, category = STATUSES[name]
    return {"id": number, "name": name, "statusCategory": {"id": 2, "key": category}}


def document(text: str = "Steps to reproduce …") -> dict[str, Any]:
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": text}]}
    return {"type": "doc", "version": 1, "content": [paragraph]}


def comment(number: int = 1, **other: Any) -> dict[str, Any]:
    return {
        "id": str(50_000 + number),
        "author": user("Bob"),
        "body": document("Same here."),
        "created": "2024-01-02T03:04:05.000+0000",
        "updated": "2024-01-02T03:04:05.000+0000",
    } | other


def comments(*rows: object, total: int | None = None) -> dict[str, Any]:
    return {
        "comments": list(rows),
        "total": len(rows) if total is None else total,
        "maxResults": 20,
        "startAt": 0,
    }


def history(number: int = 1, *items: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {
        "id": str(70_000 + number),
        "author": user("Bob"),
        "created": f"2024-01-02T03:04:{number:02}.000+0000",
        "items": list(items) or [moved_on()],
    } | other


def item(field: str, former: str | None, latter: str | None, **other: Any) -> dict[str, Any]:
    return {
        "field": field,
        "fieldtype": "jira",
        "from": None,
        "fromString": former,
        "to": None,
        "toString": latter,
    } | other


def moved_on(former: str = "To Do", latter: str = "Done") -> dict[str, Any]:
    ids = {"from": STATUSES[former][0], "to": STATUSES[latter][0]}
    return item("status", former, latter, fieldId="status", **ids)


def issue(number: int = 1, **fields: Any) -> dict[str, Any]:
    """Build an issue; `fields` overrides members of its `fields`."""
    return {
        "id": str(1_000 + number),
        "key": f"ABC-{number}",
        "self": f"{CLOUD}/issue/{1_000 + number}",
        "fields": {
            "summary": f"Crash on start {number}",
            "description": document(),
            "project": {"id": "10000", "key": "ABC", "name": "Alphabet"},
            "status": status(),
            "resolution": None,
            "resolutiondate": None,
            "issuetype": {"id": "1", "name": "Bug", "subtask": False},
            "priority": {"id": "3", "name": "Medium"},
            "reporter": user(),
            "creator": user(),
            "assignee": None,
            "labels": ["crash"],
            "components": [{"id": "7", "name": "Storage"}],
            "issuelinks": [],
            "comment": comments(comment(number)),
            "created": "2024-01-01T19:04:05.000-0800",
            "updated": "2024-01-03T03:04:05.000+0000",
        }
        | fields,
    }


def server_issue(number: int = 1, *histories: object, **fields: Any) -> dict[str, Any]:
    log = {"startAt": 0, "maxResults": len(histories), "total": len(histories)}
    people = {"reporter": server_user(), "creator": server_user(), "description": "h1. Steps"}
    row = issue(number, **(people | fields))
    return row | {"changelog": log | {"histories": list(histories)}}


def changes(*of_issues: tuple[int, list[object]], after: str = "") -> Response:
    """Build a page of the bulk changelog from issue numbers and histories."""
    logs = [{"issueId": str(1_000 + n), "changeHistories": each} for n, each in of_issues]
    more = {"nextPageToken": after} if after else {}
    return reply({"issueChangeLogs": logs} | more, date=DATE)


def found(*rows: object, after: str = "", **headers: str) -> Response:
    """Build a page of Cloud's search; `after` is the next page's token."""
    more = {"nextPageToken": after} if after else {}
    who = {"x_aaccountid": "5b10:ann"} | headers
    return reply({"issues": list(rows), "isLast": not after} | more, date=DATE, **who)


def found_by_server(*rows: object, start: int = 0, total: int | None = None) -> Response:
    ends = start + len(rows)
    around = {"startAt": start, "maxResults": 50, "total": ends if total is None else total}
    return reply(around | {"issues": list(rows)}, date=DATE)


def server_info(**other: Any) -> Response:
    cloud = {"baseUrl": SITE, "deploymentType": "Cloud", "version": "1001.0.0-SNAPSHOT"}
    return reply(cloud | other)


def myself(**other: Any) -> Response:
    return reply(user() | other)


def project(**other: Any) -> Response:
    return reply({"id": "10000", "key": "ABC", "name": "Alphabet"} | other)


def project_statuses(*names: str) -> Response:
    shown = [status(name) for name in names or STATUSES]
    return reply([{"id": "1", "name": "Bug", "subtask": False, "statuses": shown}])
