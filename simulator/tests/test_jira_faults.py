"""Faults on a simulated Jira: limits, page tokens, records that lie inside an object."""

import json
import re

import pytest

from simulator.faults.faults import Faults
from simulator.tests.simulated_jira import (
    ALL,
    NOW,
    ROOT,
    V3,
    JiraReader,
    ServerReader,
    messages,
    server,
    still,
)
from simulator.web import Reply, Request

__all__ = ["server", "still"]

SEARCH = f"{V3}/search/jql"


class Faulty:
    """The simulated Jira with faults in front of it."""

    def __init__(self, reader: JiraReader) -> None:
        self.reader = reader
        self.faults = Faults(1, reader.clock)

    def search(self, **wanted: object) -> Reply:
        body = {"jql": ALL, "fields": ["*all"], "maxResults": 10, **wanted}
        return self.ask(SEARCH, body)

    def ask(self, path: str, body: object = None) -> Reply:
        content = b"" if body is None else json.dumps(body).encode()
        route, _, query = path.partition("?")
        request = Request("POST", f"/jira{route}", query, {}, content, ROOT, "127.0.0.1")
        return self.faults.around(request, lambda: self.reader.ask(path, body))[0]

    def struck(self, kind: str, **options: object) -> Reply:
        self.faults.add(kind, **options)
        return self.search()


@pytest.fixture
def faulty(still) -> Faulty:
    return Faulty(still)


def content(reply: Reply) -> dict:
    return json.loads(reply.plain_body())


# --- limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options", "status", "headers"),
    [
        ("jira_limit", {"retry_after": 7}, 429, {"Retry-After": "7"}),
        ("jira_burst", {}, 429, {"RateLimit-Reason": "jira-burst-based", "Retry-After": "2"}),
        ("jira_down", {}, 503, {"Retry-After": "120", "Content-Type": "text/html"}),
        ("status", {"status": 503, "retry_after": 9}, 503, {"Retry-After": "9"}),
    ],
)
def test_limits(faulty, kind, options, status, headers):
    reply = faulty.struck(kind, **options)

    assert reply.status == status
    assert {name: reply.headers.get(name) for name in headers} == headers


def test_limit_that_tells_only_when_it_ends(faulty):
    reply = faulty.struck("jira_reset", resets_in=60)

    assert reply.headers["X-RateLimit-Reset"] == "2026-11-18T11:07:40Z"
    assert (reply.status, "Retry-After" in reply.headers) == (429, False)
    assert NOW == 1_795_000_000


def test_burst_strikes_one_endpoint_alone(faulty):
    faulty.faults.add("jira_burst", path="/changelog/bulkfetch$", times=None)

    assert faulty.ask(f"{V3}/changelog/bulkfetch", {"issueIdsOrKeys": ["ENG-1"]}).status == 429
    assert faulty.search().status == 200


# --- pages ----------------------------------------------------------------------------------------


def test_token_that_leads_back_to_where_one_came_from(faulty):
    token = content(faulty.search())["nextPageToken"]
    faulty.faults.add("repeated_token", times=None)

    page = content(faulty.search(nextPageToken=token))

    assert (page["nextPageToken"], page["isLast"]) == (token, False)


def test_expired_token_strikes_only_those_who_send_one(faulty):
    token = content(faulty.search())["nextPageToken"]
    faulty.faults.add("expired_token", times=None)

    assert faulty.search().status == 200
    assert "invalid or expired" in messages(faulty.search(nextPageToken=token))


def test_is_last_that_lies(faulty):
    page = content(faulty.struck("last_lies"))

    assert (page["isLast"], "nextPageToken" in page) == (True, True)


def test_token_that_is_missing(faulty):
    page = content(faulty.struck("lost_token"))

    assert (page["isLast"], "nextPageToken" in page) == (False, False)


def test_pages_shorter_than_asked_for_lose_nobody():
    reader = JiraReader()
    reader.jira.page_limit = 7

    assert len(reader.page(maxResults=50)["issues"]) == 7
    assert len(reader.search(maxResults=50)) == 120


def test_empty_pages_lead_on():
    reader = JiraReader()
    reader.jira.empty_pages = 2

    first = reader.page(maxResults=50)

    assert (first["issues"], first["isLast"]) == ([], False)
    assert len(reader.search(nextPageToken=first["nextPageToken"], maxResults=5000)) == 120


def test_changelog_shorter_than_its_total(faulty):
    row = {"issueIdsOrKeys": ["ENG-50"], "expand": ["changelog"], "fields": ["summary"]}
    faulty.faults.add("short_changelog", keep=2)

    changelog = content(faulty.ask(f"{V3}/issue/bulkfetch", row))["issues"][0]["changelog"]

    assert (len(changelog["histories"]), changelog["total"] > 50) == (2, True)


# --- records inside an object ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options", "wanted"),
    [
        ("null_field", {}, rb'"created":null'),
        ("null_field", {"field": "status"}, rb'"status":null'),
        ("date", {}, rb'"updated":"0000-01-01T00:00:00Z"'),
        ("unknown_enum", {}, rb'"key":"pondering"'),
        ("string_id", {}, rb'"id":"id-1010001"'),
        ("value", {"field": "labels", "value": "bug"}, rb'"labels":"bug"'),
        ("nul", {}, rb"\\u0000"),
        ("surrogate", {}, rb"\\ud800"),
        ("bad_utf8", {}, b"\xff\xfe"),
    ],
)
def test_broken_records_of_a_search(faulty, kind, options, wanted):
    reply = faulty.struck(kind, **options)

    assert re.search(wanted, reply.plain_body())


def test_only_the_record_asked_for_is_broken(faulty):
    rows = content(faulty.struck("missing_field", field="summary", row=3))["issues"]

    assert ["summary" in row["fields"] for row in rows] == [i != 3 for i in range(10)]


def test_rows_of_a_search_come_shuffled(faulty):
    rows = content(faulty.struck("shuffled"))["issues"]

    ids = [row["id"] for row in rows]
    assert sorted(ids) == [f"{1_010_000 + n}" for n in range(1, 11)] != ids


def test_quota_of_the_cloud_runs_out_and_fills_up_again():
    reader = JiraReader(quota=2)
    first, second = reader.ask(f"{V3}/myself"), reader.ask(f"{V3}/myself")

    refused = reader.ask(f"{V3}/myself")
    reader.clock.shift(1)

    assert first.headers["X-RateLimit-Remaining"] == "1"
    assert second.headers["X-RateLimit-NearLimit"] == "true"
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
    assert reader.ask(f"{V3}/myself").status == 200


def test_servers_limits_name_interval_and_fill_rate():
    reply = ServerReader(quota=9).ask("/rest/api/2/myself")

    limits = {n: v for n, v in reply.headers.items() if n.startswith("X-RateLimit")}
    assert limits == {
        "X-RateLimit-Limit": "9", "X-RateLimit-Remaining": "8",
        "X-RateLimit-Interval-Seconds": "1", "X-RateLimit-FillRate": "10",
    }  # fmt: skip


def test_nobody_speaks_of_limits_unless_asked_to(server):
    assert not [n for n in server.ask("/rest/api/2/myself").headers if "RateLimit" in n]
