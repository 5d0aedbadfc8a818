"""Our requests match GitHub's OpenAPI description, if it is installed."""

import json
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from integrations.providers.contract.base import Cursor, IssueRef
from integrations.tests.github_pages import API, github, issue, page, repository
from integrations.tests.provider_contract import FakeHttp, fetch, reply
from integrations.tests.test_github_links import blocked

FILE = Path(__file__).resolve().parents[3] / "shared/data/openapi/github-openapi-issues-subset.json"

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the description is not here")


@cache
def described():
    return json.loads(FILE.read_text())


def parameters(path):
    """Return the parameters of a path's operation by name."""
    for template, item in described()["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), path):
            given = [*item.get("parameters", ()), *item["get"].get("parameters", ())]
            return {each["name"]: each for each in map(resolved, given) if each["in"] == "query"}
    raise AssertionError(f"no such operation: {path}")


def resolved(item):
    name = item.get("$ref", "").rpartition("/")[2]
    return described()["components"]["parameters"][name] if name else item


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
            check_value(known[name]["schema"], value)
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
