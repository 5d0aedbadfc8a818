"""Every request matches Atlassian's OpenAPI description.

`tests/fixtures/jira/operations.json` says what the description has of the paths that are read; the
two are compared where the description, which is not part of the project, is present.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from integrations.providers.contract.base import Cursor, IssueRef
from integrations.tests.jira_pages import (
    CLOUD,
    SITE,
    changes,
    cloud,
    comment,
    comments,
    found,
    history,
    issue,
    myself,
    project,
    project_statuses,
    server_info,
    status,
)
from integrations.tests.provider_contract import FakeHttp, reply
from tests.recorded_pages import load

NAME = "data/openapi/jira-cloud-openapi-issues-subset.json"
FILE = Path(__file__).resolve().parents[3] / "shared" / NAME
NOT_IN_THE_SUBSET = ("/rest/api/3/project/{}/statuses", "/_edge/tenant_info")

OPERATIONS = load("jira/operations")
"""By method and path: the names of its query parameters, and of its body with their rules."""
RULES = ("type", "maxItems", "maximum")


@cache
def operations() -> list[tuple[re.Pattern[str], str, dict[str, Any]]]:
    return [
        (re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), method, operation)
        for method, _, path, operation in (
            (*name.partition(" "), operation) for name, operation in OPERATIONS.items()
        )
    ]


def described(name: str) -> dict[str, Any]:
    """The same, by Atlassian's own description."""
    description = json.loads(FILE.read_text())
    method, _, path = name.partition(" ")
    operation = description["paths"][path][method]
    query = [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
    found: dict[str, Any] = {"query": sorted(query)}
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        if "$ref" in schema:
            schema = description["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        found["required"] = sorted(schema.get("required", []))
        found["body"] = {
            name: {rule: rules[rule] for rule in RULES if rule in rules}
            for name, rules in schema["properties"].items()
        }
    return found


def complaints(url: str, body: Any) -> list[str]:
    """Return the violations of the description by a request."""
    parts = urlsplit(url.removeprefix(SITE).replace("/rest/api/2/", "/rest/api/3/"))
    if re.sub(r"project/\d+/", "project/{}/", parts.path) in NOT_IN_THE_SUBSET:
        return []
    method = "get" if body is None else "post"
    found_here = [
        operation
        for path, its_method, operation in operations()
        if its_method == method and path.fullmatch(parts.path)
    ]
    if not found_here:
        return [f"no {method} {parts.path}"]
    operation = found_here[0]
    wrong = [
        f"query {name}" for name, _ in parse_qsl(parts.query) if name not in operation["query"]
    ]
    return wrong + (_against_body(operation, body) if body is not None else [])


TYPES = {"string": str, "integer": int, "array": list, "boolean": bool, "object": dict}


def _against_body(operation: dict[str, Any], body: dict[str, Any]) -> list[str]:
    wrong = [f"lacks {name}" for name in operation["required"] if name not in body]
    for name, value in body.items():
        rules = operation["body"].get(name)
        if rules is None:
            wrong.append(f"body {name}")
        elif not isinstance(value, TYPES[rules["type"]]):
            wrong.append(f"{name} is no {rules['type']}")
        elif isinstance(value, list) and len(value) > rules.get("maxItems", len(value)):
            wrong.append(f"{name} is too long")
        elif isinstance(value, int) and value > rules.get("maximum", value):
            wrong.append(f"{name} is too large")
    return wrong


def everything_that_is_asked() -> FakeHttp:
    """Run an integration's typical requests: check, sync, count, single issue."""
    cut = issue(1, status=status("Done"), comment=comments(comment(1), total=2))
    both = reply(comments(comment(1), comment(2)))
    page = [found(cut, after="t2"), changes((1, [history(1)]), after="c2"), changes((1, []))]
    replies = [server_info(), myself(), project()]
    replies += [*page, project_statuses(), both, found()]
    replies += [found(issue(1)), changes((1, [])), reply({"count": 1}), project_statuses()]
    replies += [reply(cut), changes((1, [])), both, reply({}, 404), myself(), project()]
    http = FakeHttp(replies)
    cloud(http, base_url=SITE, scope_id="").check()
    provider = cloud(http)
    list(provider.fetch_issues(Cursor()))
    list(provider.census())
    provider.count()
    provider._memory.clear()
    provider.statuses()
    provider.fetch_one(IssueRef(source_issue_id="1001"))
    provider.fetch_one(IssueRef(source_issue_id="1002"))
    assert http.replies == []
    return http


def test_every_request_is_described():
    http = everything_that_is_asked()

    asked = zip(http.urls, http.bodies, strict=True)
    assert [wrong for url, body in asked if (wrong := complaints(url, body))] == []


def test_the_removed_search_is_never_asked():
    http = everything_that_is_asked()

    assert f"{CLOUD}/search" not in [url.partition("?")[0] for url in http.urls]


@pytest.mark.parametrize(
    ("url", "body"),
    [
        (f"{CLOUD}/search/jql", {"jql": "x", "startAt": 0}),
        (f"{CLOUD}/search/jql", {"jql": 7}),
        (f"{CLOUD}/changelog/bulkfetch", {"fieldIds": []}),
        (f"{CLOUD}/issue/1?field=summary", None),
        (f"{CLOUD}/nothing", None),
    ],
)
def test_a_wrong_request_would_be_noticed(url, body):
    assert complaints(url, body)


@pytest.mark.skipif(
    not FILE.is_file(),
    reason="Atlassian's description of its API, third-party, is not on this machine",
)
@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_are_those_atlassian_describes(name: str) -> None:
    assert OPERATIONS[name] == described(name)
