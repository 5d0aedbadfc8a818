"""Builders of pages in GitHub's format."""

from typing import Any

from integrations.http.session import Response
from integrations.providers.contract.base import Scope
from integrations.providers.github import GitHub
from integrations.tests.provider_contract import TOKEN, FakeHttp, reply

API = "https://api.github.com"
DATE = "Sat, 22 Nov 2025 10:00:00 GMT"


def github(http: FakeHttp, base_url: str = API, token: str = TOKEN, **scope: str) -> GitHub:
    named = {"scope": "octo/hello"} | scope
    return GitHub(Scope(base_url=base_url, token=token, **named), http)


def user(login: str = "ann", number: int = 7, **other: Any) -> dict[str, Any]:
    return {
        "login": login,
        "id": number,
        "html_url": f"https://github.com/{login}",
        "type": "User",
        "site_admin": False,
    } | other


def issue(number: int = 1, **other: Any) -> dict[str, Any]:
    return {
        "id": 1_000 + number,
        "node_id": "I_1",
        "number": number,
        "html_url": f"https://github.com/octo/hello/issues/{number}",
        "repository_url": f"{API}/repos/octo/hello",
        "title": f"Crash on start {number}",
        "body": "Steps to reproduce …",
        "user": user(),
        "labels": [{"id": 1, "name": "bug", "color": "d73a4a", "default": True}],
        "state": "open",
        "state_reason": None,
        "assignee": None,
        "assignees": [],
        "comments": 0,
        "created_at": "2024-01-02T03:04:05Z",
        "updated_at": "2024-01-03T03:04:05Z",
        "closed_at": None,
        "type": None,
        "performed_via_github_app": None,
    } | other


def pull_request(number: int = 2, **other: Any) -> dict[str, Any]:
    return issue(number, pull_request={"url": f"{API}/repos/octo/hello/pulls/{number}"}, **other)


def comment(number: int = 1, on: int = 1, kind: str = "issues", **other: Any) -> dict[str, Any]:
    return {
        "id": 5_000 + number,
        "html_url": f"https://github.com/octo/hello/{kind}/{on}#issuecomment-{5_000 + number}",
        "issue_url": f"{API}/repos/octo/hello/issues/{on}",
        "user": user(),
        "body": "Same here.",
        "created_at": "2024-01-02T03:04:05Z",
        "updated_at": "2024-01-02T03:04:05Z",
    } | other


def event(number: int = 1, kind: str = "closed", **other: Any) -> dict[str, Any]:
    return {
        "id": 9_000 + number,
        "event": kind,
        "actor": user(),
        "commit_id": None,
        "created_at": "2024-01-02T03:04:05Z",
        "issue": issue(1),
    } | other


def repository(**other: Any) -> dict[str, Any]:
    return {
        "id": 42,
        "full_name": "octo/hello",
        "private": False,
        "html_url": "https://github.com/octo/hello",
        "has_issues": True,
    } | other


def page(*rows: object, after: str = "", **headers: str) -> Response:
    """Build a page of rows; `after` is the next page's path and query."""
    link = {"link": f'<{API}{after}>; rel="next", <{API}/x>; rel="first"'} if after else {}
    return reply(list(rows), date=DATE, etag='W/"1"', **link, **headers)
