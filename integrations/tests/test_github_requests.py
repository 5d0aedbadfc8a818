"""Every request is one that GitHub's own description of its API has.

`tests/fixtures/github/operations.json` says what the description has of the paths that are read;
the two are compared where the description, which is not part of the project, is present.
"""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from integrations.providers.contract.base import Cursor, IssueRef
from integrations.tests.github_pages import API, github, issue, page, repository
from integrations.tests.provider_contract import FakeHttp, fetch, reply
from integrations.tests.test_github_links import blocked
from tests.recorded_pages import load

FILE = Path(__file__).resolve().parents[3] / "shared/data/openapi/github-openapi-issues-subset.json"
OPERATIONS = load("github/operations")
"""By path: its query parameters, each with the rules for its value."""
HEADERS = {
    "Accept": "application/vnd.github+json",
    "X-GitHub-Api-Version": "2022-11-28",
    "User-Agent": "DIIP",
}
RULES = ("type", "enum", "maximum", "format")


def parameters(path):
    """Return the parameters of a path's operation by name."""
    for template, query in OPERATIONS.items():
        if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), path):
            return query
    raise AssertionError(f"no such operation: {path}")


def described(template):
    """The same, by GitHub's own description."""
    description = json.loads(FILE.read_text())

    def resolved(item):
        name = item.get("$ref", "").rpartition("/")[2]
        return description["components"]["parameters"][name] if name else item

    item = description["paths"][template]
    given = map(resolved, [*item.get("parameters", ()), *item["get"].get("parameters", ())])
    return {
        each["name"]: {rule: each["schema"][rule] for rule in RULES if rule in each["schema"]}
        for each in given
        if each["in"] == "query"
    }


def check_value(schema, value):
    kind = schema.get("type")
    if kind == "integer":
        assert value.isdecimal()
        assert int(value) <= schema.get("maximum", 100)
    if "enum" in schema:
        assert value in schema["enum"]
    if schema.get("format") == "date-time":
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value)


def check(http):
    assert http.urls
    for url, headers in zip(http.urls, http.headers, strict=True):
        parts = urlsplit(url)
        assert url.startswith(API)
        known = parameters(parts.path)
        for name, [value] in parse_qs(parts.query).items():
            check_value(known[name], value)
        assert headers["Accept"] == "application/vnd.github+json"
        assert headers["X-GitHub-Api-Version"] == "2022-11-28"
        assert headers["User-Agent"]


@pytest.mark.parametrize("feed", ["issues", "comments", "transitions"])
@pytest.mark.parametrize("since", [None, datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)])
def test_the_feeds_ask_as_described(feed, since):
    http = FakeHttp([page()])

    list(fetch(github(http), feed, Cursor(since=since)))

    check(http)


def test_links_are_asked_for_as_described():
    http = FakeHttp([page(blocked(2)), page(issue(7))])

    list(github(http).fetch_issues(Cursor()))

    check(http)


def test_check_census_count_and_single_issues_ask_as_described():
    counted = reply({"total_count": 1})
    http = FakeHttp([reply(repository()), page(), counted, reply(issue(3))])
    provider = github(http)

    provider.check()
    list(provider.census())
    provider.count()
    provider.fetch_one(IssueRef(key="#3"))

    check(http)


@pytest.mark.skipif(
    not FILE.exists(), reason="GitHub's description of its API, third-party, is not on this machine"
)
@pytest.mark.parametrize("template", OPERATIONS)
def test_operations_are_those_github_describes(template):
    assert OPERATIONS[template] == described(template)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/repos/octo/hello/nothing", ""),
        ("/repos/octo/hello/issues", "smell=1"),
        ("/repos/octo/hello/issues", "per_page=many"),
        ("/repos/octo/hello/issues", "state=shut"),
        ("/repos/octo/hello/issues", "since=yesterday"),
    ],
)
def test_a_wrong_request_would_be_noticed(path, query):
    http = FakeHttp([], urls=[f"{API}{path}?{query}"], headers=[HEADERS])

    with pytest.raises((AssertionError, KeyError)):
        check(http)


def test_a_right_request_passes():
    check(FakeHttp([], urls=[f"{API}/repos/octo/hello/issues?state=all"], headers=[HEADERS]))
