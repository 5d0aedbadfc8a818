"""The simulated Jira Data Center: offsets, totals, wiki text, everything inline."""

import pytest

from simulator.tests.simulated_jira import ALL, IN_ORDER, V2, ServerReader, messages, server

__all__ = ["server"]


@pytest.fixture(scope="module")
def still_server() -> ServerReader:
    return ServerReader(issues=250)


def test_pages_by_offset_are_capped_and_say_so(still_server):
    page = still_server.page(maxResults=1000)

    assert (page["startAt"], page["maxResults"], page["total"]) == (0, 100, 250)
    assert len(page["issues"]) == 100
    assert still_server.page()["maxResults"] == 50


def test_every_issue_comes_once(still_server):
    rows = still_server.search(maxResults=70)

    assert [row["key"] for row in rows] == [f"ENG-{n}" for n in range(1, 251)]


def test_post_searches_as_well(still_server):
    body = {"jql": ALL, "startAt": 249, "maxResults": 5, "fields": ["summary"]}

    page = still_server.read(f"{V2}/search", body)

    assert [row["key"] for row in page["issues"]] == ["ENG-250"]
    assert set(page["issues"][0]["fields"]) == {"summary"}


def test_deleting_while_paging_by_offset_skips_one(server):
    first = server.page(maxResults=50)["issues"]
    server.changes.delete("ENG-7")

    rest = server.search(f"project = ENG {IN_ORDER}", maxResults=100)[50:]

    keys = {row["key"] for row in first + rest}
    assert {f"ENG-{n}" for n in range(1, 121)} - keys == {"ENG-51"}


def test_edited_issue_moves_to_the_end_when_ordered_by_updated(server):
    jql = "project = ENG ORDER BY updated ASC"
    first = server.page(jql, maxResults=50)["issues"]
    server.changes.touch(first[0]["key"])

    second = server.page(jql, startAt=50, maxResults=100)["issues"]

    assert len({row["key"] for row in first + second}) == 119


def test_unbounded_search_is_allowed(still_server):
    assert still_server.page("order by created asc")["total"] == 250 + 12 + 15


def test_refusals_are_sentences(still_server):
    reply = still_server.ask(f"{V2}/search?jql=colour%3Dred")

    assert reply.status == 400
    assert "Field 'colour' does not exist" in messages(reply)


def test_search_carries_whole_changelogs_oldest_first(still_server):
    row = still_server.page("key = ENG-50", expand="changelog")["issues"][0]

    changelog = row["changelog"]
    moments = [entry["created"] for entry in changelog["histories"]]
    assert len(moments) == changelog["total"] > 50
    assert moments == sorted(moments)


def test_search_carries_all_comments(still_server):
    comment = still_server.page("key = ENG-40", fields="comment")["issues"][0]["fields"]["comment"]

    assert len(comment["comments"]) == comment["total"] > 25


def test_people_go_by_name_and_key(still_server):
    reporter = still_server.issue("ENG-1")["fields"]["reporter"]

    assert reporter["name"] == "luca-reed"
    assert reporter["key"].startswith("JIRAUSER")
    assert "accountId" not in reporter


def test_texts_are_wiki_markup_with_people_by_name(still_server):
    rows = still_server.search(fields="description")

    told = "\n".join(row["fields"]["description"] or "" for row in rows)
    assert "[~" in told and "accountid" not in told
    assert "{noformat}" in told


def test_stories_name_their_epic_in_a_field_of_its_own(still_server):
    fields = [
        row["fields"] for row in still_server.search(fields="customfield_10014,parent,issuetype")
    ]

    assert any(f["customfield_10014"] for f in fields)
    assert {f["issuetype"]["name"] for f in fields if "parent" in f} == {"Sub-task"}


def test_sprints_are_what_java_calls_them(still_server):
    rows = still_server.search(fields="customfield_10020")

    values = [row["fields"]["customfield_10020"] for row in rows]
    assert any(value and "name=Sprint " in value[0] for value in values)


def test_latest_is_version_two(still_server):
    row = still_server.read("/rest/api/latest/issue/ENG-1")

    assert "/rest/api/2/" in row["self"]


def test_nobody_is_refused_single_issues_and_finds_none(server):
    server.authorization = ""

    assert server.ask(f"{V2}/issue/ENG-1").status == 401
    assert server.page()["total"] == 0
