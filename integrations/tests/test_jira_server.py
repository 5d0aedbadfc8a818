"""Jira Data Center: paging by offset over changing lists, and server-only data."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.providers.contract.base import (
    Cursor,
    IssueRef,
    ProviderConfigError,
    ProviderResponseError,
)
from integrations.providers.jira.jql import FIELDS
from integrations.tests.jira_pages import (
    EPIC_LINK,
    EPICS,
    SERVER,
    comment,
    comments,
    found_by_server,
    history,
    server,
    server_issue,
    server_user,
)
from integrations.tests.provider_contract import TOKEN, FakeHttp, reply


def read(*replies, since=None, token=""):
    http = FakeHttp(list(replies))
    return list(server(http).fetch_issues(Cursor(since=since, page_token=token))), http


def rows(first, last):
    return [server_issue(number) for number in range(first, last + 1)]


def keys(pages):
    return [[int(record.key[4:]) for record in page.records] for page in pages]


def test_the_search_is_version_2_by_offset_with_the_changelog_in_it():
    _, http = read(found_by_server())

    assert http.urls == [f"{SERVER}/search"]
    assert http.bodies == [
        {
            "jql": "project = 10000 ORDER BY created ASC, id ASC",
            "startAt": 0,
            "maxResults": 100,
            "fields": [*FIELDS, EPIC_LINK],
            "expand": ["changelog"],
        }
    ]
    assert http.headers[0]["Authorization"] == f"Bearer {TOKEN}"


def test_an_idle_sync_is_one_request():
    http = FakeHttp([found_by_server()])

    list(server(http).fetch_issues(Cursor(since=datetime(2024, 1, 1, tzinfo=UTC))))

    assert len(http.urls) == 1
    assert EPIC_LINK not in http.bodies[0]["fields"]


def test_what_changed_is_read_with_its_epics():
    page = found_by_server(server_issue(1))

    pages, http = read(page, page, since=datetime(2024, 1, 1, tzinfo=UTC))

    assert keys(pages) == [[1]]
    assert EPIC_LINK in http.bodies[1]["fields"]


def test_each_page_begins_with_the_last_issue_of_the_one_before():
    pages, http = read(
        found_by_server(*rows(1, 3), total=5), found_by_server(*rows(3, 5), start=2, total=5)
    )

    assert keys(pages) == [[1, 2, 3], [3, 4, 5]]
    assert [body["startAt"] for body in http.bodies] == [0, 2]


def test_how_many_a_page_holds_is_what_came_not_what_was_asked_for():
    pages, http = read(
        found_by_server(*rows(1, 2), total=3), found_by_server(*rows(2, 3), start=1, total=3)
    )

    assert [body["startAt"] for body in http.bodies] == [0, 1]
    assert pages[-1].next_token is None


def test_a_list_that_lost_issues_is_read_again_from_further_back():
    """Issues 1 and 2 were removed: offset 2 is now issue 5, and 4 would be missed."""
    shifted = found_by_server(*rows(5, 6), start=2, total=4)
    again = found_by_server(*rows(3, 6), start=0, total=4)

    pages, http = read(found_by_server(*rows(1, 3), total=6), shifted, again)

    assert keys(pages) == [[1, 2, 3], [3, 4, 5, 6]]
    assert [body["startAt"] for body in http.bodies] == [0, 2, 0]


def test_a_list_that_lost_much_is_read_again_from_as_far_back_as_it_shrank():
    token = '[3,500,"1501",99,1000]'
    http = FakeHttp([found_by_server(start=500, total=600), found_by_server(*rows(1, 2))])

    list(server(http).fetch_issues(Cursor(page_token=token)))

    assert [body["startAt"] for body in http.bodies] == [500, 100]


def test_a_list_that_grew_is_read_on_and_one_twice_does_no_harm():
    grown = found_by_server(server_issue(2), *rows(3, 5), start=2, total=6)

    pages, _ = read(found_by_server(*rows(1, 3), total=5), grown)

    assert keys(pages) == [[1, 2, 3], [2, 3, 4, 5]]


def test_an_empty_page_before_the_end_fails():
    with pytest.raises(ProviderResponseError, match="empty page"):
        read(found_by_server(total=5))


def test_a_page_without_a_total_fails():
    with pytest.raises(ProviderResponseError, match="total"):
        read(reply({"issues": [server_issue(1)]}))


@pytest.mark.parametrize("token", ["x", "{}", '["a"]'])
def test_invalid_page_token_restarts_the_pass(token):
    with pytest.raises(ProviderConfigError, match="page token"):
        read(found_by_server(), token=token)


def test_pages_tell_how_many_there_are():
    pages, _ = read(found_by_server(*rows(1, 3)))

    assert pages[0].total == 3


def test_a_changelog_that_was_cut_short_is_said():
    row = server_issue(1, history(1))
    row["changelog"]["total"] = 5

    [page], _ = read(found_by_server(row))

    assert page.notes == ("Jira does not return the whole changelog of ABC-1.",)
    assert len(page.transitions) == 1


def test_an_epic_is_the_parent_where_there_is_no_other():
    of_epic = server_issue(1, **{EPIC_LINK: "ABC-9"})
    sub_task = server_issue(2, parent={"id": "1001", "key": "ABC-1"}, **{EPIC_LINK: "ABC-9"})

    [page], _ = read(found_by_server(of_epic, sub_task))

    assert [record.links[0].key for record in page.records] == ["ABC-9", "ABC-1"]


def test_the_field_of_epics_is_asked_for_once():
    http = FakeHttp([reply(EPICS), found_by_server(server_issue(1)), found_by_server()])
    provider = server(FakeHttp([]))
    provider._client._http = http

    list(provider.fetch_issues(Cursor()))
    list(provider.fetch_issues(Cursor()))

    assert http.urls == [f"{SERVER}/field", f"{SERVER}/search", f"{SERVER}/search"]


def test_people_are_known_by_key_and_named_by_name():
    [page], _ = read(found_by_server(server_issue(1, assignee=server_user("bob", active=False))))

    [record] = page.records
    assert (record.author.source_person_id, record.author.login) == ("JIRAUSER-ann", "ann")
    assert record.author.email == "ann@acme.test"
    assert record.assignees[0].is_deleted is False


def test_bodies_are_wiki_markup():
    [page], _ = read(found_by_server(server_issue(1, description="h1. Steps\n\n*now*")))

    assert page.records[0].body == "# Steps\n\n**now**"


def test_the_census_brings_whole_rows_and_asks_for_no_comments():
    cut = server_issue(2, comment=comments(comment(1), total=9))
    http = FakeHttp([found_by_server(server_issue(1, history(1)), cut)])

    [page] = server(http).census()

    assert [entry.record.key for entry in page.records] == ["ABC-1", "ABC-2"]
    assert page.whole_comments_of == ("1001",)
    assert [body["fields"] for body in http.bodies] == [[*FIELDS, EPIC_LINK]]


def test_the_count_is_the_total_of_an_empty_page():
    http = FakeHttp([reply({"total": 42, "issues": []}), reply({}, 500)])
    provider = server(http)

    assert (provider.count(), provider.count()) == (42, None)
    assert http.bodies[0]["maxResults"] == 0


def test_the_bucket_of_a_node_becomes_a_quota():
    bucket = {
        "x_ratelimit_limit": "100",
        "x_ratelimit_remaining": "40",
        "x_ratelimit_interval_seconds": "10",
        "x_ratelimit_fillrate": "5",
    }
    page = reply({"total": 0, "issues": []}, date="Sat, 22 Nov 2025 10:00:00 GMT", **bucket)

    _, http = read(page)

    full_at = datetime(2025, 11, 22, 10, tzinfo=UTC) + timedelta(seconds=120)
    assert http.quotas == [(100, 40, full_at)]


def test_one_issue_comes_with_its_changelog_in_one_request():
    http = FakeHttp([reply(server_issue(1, history(1)))])

    answer = server(http).fetch_one(IssueRef(source_issue_id="1001", key="ABC-1"))

    assert (answer.has_history, len(answer.transitions), len(answer.comments)) == (True, 1, 1)
    assert "expand=changelog" in http.urls[0]
