"""The simulated Jira Cloud's search: tokens, order, bounds, fields, time zones."""

import json

import pytest

from simulator.tests.simulated_jira import (
    ALL,
    IN_ORDER,
    NOW,
    V2,
    V3,
    JiraReader,
    messages,
    reader,
    still,
)

__all__ = ["reader", "still"]


# --- pages ----------------------------------------------------------------------------------------


def test_every_issue_comes_once_in_order_of_creation(still):
    rows = still.search(fields=["created"], maxResults=30)

    assert [row["key"] for row in rows] == [f"ENG-{n}" for n in range(1, 251)]


def test_page_has_a_token_and_neither_total_nor_offset(still):
    page = still.page(maxResults=10)

    assert set(page) == {"issues", "nextPageToken", "isLast"}
    assert page["isLast"] is False


def test_last_page_has_no_token(still):
    page = still.page(fields=["key"], maxResults=5000)

    assert (page["isLast"], "nextPageToken" in page) == (True, False)
    assert len(page["issues"]) == 250


def test_start_at_is_ignored(still):
    page = still.read(f"{V3}/search/jql?jql=project%3DENG+order+by+id&startAt=100&maxResults=1")

    assert page["issues"] == [{"id": "1010001"}]


def test_without_fields_there_is_only_the_id(still):
    assert still.page(maxResults=1)["issues"] == [{"id": "1010001"}]


def test_named_fields_come_alone(still):
    row = still.page(maxResults=1, fields=["summary", "status"])["issues"][0]

    assert set(row["fields"]) == {"summary", "status"}
    assert row["key"] == "ENG-1"


def test_many_fields_make_short_pages(still):
    assert len(still.page(maxResults=5000, fields=["*all"])["issues"]) == 100
    assert len(still.page(maxResults=5000, fields=["updated"])["issues"]) == 250


def test_get_and_post_answer_alike(still):
    posted = still.page("project = OPS order by id", maxResults=3)

    asked = still.read(f"{V3}/search/jql?jql=project+%3D+OPS+order+by+id&maxResults=3")

    assert asked["issues"] == posted["issues"]


def test_token_expires_after_seven_days(reader):
    token = reader.page(maxResults=5)["nextPageToken"]
    body = {"jql": ALL, "nextPageToken": token}

    assert reader.ask(f"{V3}/search/jql", body).status == 200
    reader.clock.shift(7 * 86_400)

    refused = reader.ask(f"{V3}/search/jql", body)
    assert refused.status == 400
    assert "next page token is invalid or expired" in messages(refused)


@pytest.mark.parametrize("token", ["nonsense", "%%%", "AAAA"])
def test_token_of_somebody_else_is_refused(still, token):
    assert still.ask(f"{V3}/search/jql", {"jql": ALL, "nextPageToken": token}).status == 400


def test_token_belongs_to_its_query(still):
    token = still.page(maxResults=5)["nextPageToken"]

    other = {"jql": f"project = OPS {IN_ORDER}", "nextPageToken": token}
    assert still.ask(f"{V3}/search/jql", other).status == 400


def test_deleting_while_paging_skips_nobody(reader):
    first = reader.page(maxResults=50, fields=["key"])

    reader.changes.delete("ENG-7")
    rest = reader.page(maxResults=5000, fields=["key"], nextPageToken=first["nextPageToken"])

    assert len(first["issues"]) + len(rest["issues"]) == 120


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"jql": ""}, "Unbounded JQL"),
        ({"jql": "order by created"}, "Unbounded JQL"),
        ({"jql": "project = NOWHERE"}, "'NOWHERE' does not exist for the field 'project'"),
        ({"jql": "colour = red"}, "Field 'colour' does not exist"),
        ({"jql": "project = ENG OR project = OPS"}, "'OR'"),
        ({"jql": "project = ENG order by colour"}, "sort using field 'colour'"),
        ({"jql": 'updated >= "yesterday"'}, "Date value 'yesterday'"),
        ({"jql": "key in (ENG-1, ENG-9999)"}, "ENG-9999"),
        ({"jql": "id = 5"}, "'5' does not exist"),
        ({"jql": "project = ENG order by id,id,id,id,id,id,id,id"}, "maximum of 7"),
        ({"jql": ALL, "maxResults": 0}, "between 1 and 5000"),
        ({"jql": ALL, "maxResults": 5001}, "between 1 and 5000"),
        ({"jql": ALL, "startAt": 5}, "Invalid request payload"),
        ({"jql": [ALL]}, "Invalid request payload"),
        ({"jql": ALL, "fields": "summary"}, "Invalid request payload"),
        ({"jql": ALL, "maxResults": True}, "Invalid request payload"),
    ],
)
def test_refused_searches_say_why(still, body, sentence):
    reply = still.ask(f"{V3}/search/jql", body)

    assert reply.status == 400
    assert sentence in messages(reply)


def test_post_without_json_is_415(still):
    reply = still.ask(f"{V3}/search/jql", {"jql": ALL}, content_type="text/plain")

    assert (reply.status, json.loads(reply.body)["title"]) == (415, "Unsupported Media Type")


@pytest.mark.parametrize("version", [V2, V3])
def test_old_search_is_gone_and_says_where_to(still, version):
    reply = still.ask(f"{version}/search?jql=project%3DENG")

    assert reply.status == 410
    assert "/rest/api/3/search/jql" in messages(reply)
    assert "CHANGE-2046" in messages(reply)


def test_count_is_asked_for_apart(still):
    assert still.read(f"{V3}/search/approximate-count", {"jql": ALL}) == {"count": 250}
    assert still.ask(f"{V3}/search/approximate-count", {"jql": ""}).status == 400


# --- conditions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["OPS", '"OPS"', "'ops'", "10001", '"Ops project"'])
def test_project_by_key_id_or_name(still, name):
    assert len(still.found(f"project = {name}")) == 12


def test_issues_by_id_or_key(still):
    assert still.found("id in (1010003, ENG-5) order by id") == ["ENG-3", "ENG-5"]
    assert still.found("key = ENG-4") == ["ENG-4"]


def test_epoch_milliseconds_compare_exactly(reader):
    reader.changes.touch("ENG-3")

    assert reader.found(f"project = ENG AND updated >= {NOW * 1000}") == ["ENG-3"]
    assert reader.found(f"project = ENG AND updated > {NOW * 1000}") == []
    assert reader.found(f"updated < {NOW * 1000} AND key = ENG-3") == []


def test_bare_time_is_read_in_the_accounts_zone(reader):
    """1795000000 is 2026-11-18 11:06:40 UTC: 03:06 in Los Angeles."""
    reader.changes.touch("ENG-3")

    assert reader.found('project = ENG AND updated >= "2026-11-18 03:06"') == ["ENG-3"]
    assert reader.found('project = ENG AND updated >= "2026-11-18 11:06"') == []
    assert reader.found('project = ENG AND updated >= "2026/11/18 03:07"') == []


def test_bare_time_for_an_account_in_utc():
    reader = JiraReader(zone="Etc/UTC")
    reader.changes.touch("ENG-3")

    assert reader.found('project = ENG AND updated >= "2026-11-18 11:06"') == ["ENG-3"]
    assert reader.found('project = ENG AND updated >= "2026-11-18 11:07"') == []


def test_period_counts_back_from_now(reader):
    reader.changes.touch("ENG-3")
    reader.clock.shift(600)

    assert reader.found("project = ENG AND updated >= -15m") == ["ENG-3"]
    assert reader.found("project = ENG AND updated >= -5m") == []


def test_order_by_updated_descending(reader):
    reader.changes.touch("ENG-9")

    assert reader.found("project = ENG ORDER BY updated DESC")[0] == "ENG-9"
