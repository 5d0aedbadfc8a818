"""Pages in the shapes Jira was recorded sending, and Atlassian's own examples: what they become."""

from datetime import UTC, datetime

import pytest

from integrations.providers.contract.base import Cursor, ProviderConfigError
from integrations.providers.parsing.validate import clean_record
from integrations.tests.jira_pages import cloud, server
from integrations.tests.provider_contract import FakeHttp, check_well_formed, reply
from tests.recorded_pages import load

SITE = "https://lamp-works.atlassian.net"


def replies(*bodies):
    return FakeHttp([reply(body) for body in bodies])


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def read(provider):
    [page] = provider.fetch_issues(Cursor())
    return page


# --- Data Center ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page():
    """The archive kept everything of an issue but its changelog."""
    rows = [row | {"changelog": {"histories": [], "total": 0}}
            for row in load("jira/server_issues")]  # fmt: skip
    http = replies({"issues": rows, "startAt": 0, "total": len(rows)})
    return read(server(http, scope="LAMP", scope_id=""))


@pytest.fixture(scope="module")
def by_key(page):
    return {record.key: record for record in page.records}


def test_issues_of_other_projects_are_skipped(page):
    assert [record.source_issue_id for record in page.records] == [
        "70001", "70071", "70092", "70218", "70232", "70260", "70309",
    ]  # fmt: skip
    assert (page.skipped, page.rejected, page.repaired, page.total) == (2, (), 0, 9)
    for record in (*page.records, *page.comments):
        check_well_formed(record)
        assert clean_record(record) == (record, 0)


@pytest.mark.parametrize(
    ("key", "source_status", "status", "outcome"),
    [
        ("LAMP-11", "Closed", "done", "duplicate"),
        ("LAMP-13", "In Progress", "in_progress", None),
        ("LAMP-15", "Closed", "done", "delivered"),
        ("LAMP-19", "Open", "todo", None),
        ("LAMP-22", "Closed", "done", "not_planned"),
    ],
)
def test_status_and_outcome(by_key, key, source_status, status, outcome):
    record = by_key[key]

    assert (record.source_status, record.status, record.outcome) == (source_status, status, outcome)


def test_dates(by_key):
    record = by_key["LAMP-11"]

    assert record.opened_at == moment("2024-03-04T09:00:00")
    assert record.closed_at == moment("2024-03-06T09:37:11")
    assert record.source_updated_at == moment("2024-03-22T14:34:39")
    assert by_key["LAMP-13"].closed_at is None


def test_type_priority_labels_and_components(by_key):
    record = by_key["LAMP-13"]

    assert (record.type, record.priority, record.labels) == ("Improvement", "High", ())
    assert by_key["LAMP-19"].priority == ""
    assert [(label.kind, label.name) for label in by_key["LAMP-19"].labels] == [
        ("label", "flicker")
    ]
    assert [(label.kind, label.name) for label in by_key["LAMP-25"].labels] == [
        ("component", "Socket")
    ]


def test_people(by_key):
    record = by_key["LAMP-13"]

    assert (record.author.login, record.author.display_name) == ("ilse-fern", "Ilse Fern")
    assert [person.login for person in record.assignees] == ["tobin-reed"]
    assert by_key["LAMP-19"].assignees == ()


def test_wiki_text_becomes_markdown(by_key, page):
    assert by_key["LAMP-15"].body == "## Where\nThe shade falls off the blue lamp."
    assert [comment.body for comment in page.comments] == [
        "Glue it with `wood glue`, **not** tape."
    ]


@pytest.mark.parametrize("key", ["LAMP-20", "LAMP-22"])
def test_missing_and_null_descriptions_are_empty(by_key, key):
    assert by_key[key].body == ""


def test_links(by_key):
    found = {key: [(link.kind, link.key) for link in record.links]
             for key, record in by_key.items() if record.links}  # fmt: skip

    assert found == {
        "LAMP-11": [("parent", "LAMP-12")],
        "LAMP-15": [("relates", "SHADE-16")],
        "LAMP-20": [("relates", "LAMP-21")],
        "LAMP-25": [("relates", "LAMP-26")],
    }


def test_comment_without_a_body_is_empty():
    rows = [row | {"changelog": {"histories": []}} for row in load("jira/server_issues")]
    http = replies({"issues": rows, "startAt": 0, "total": len(rows)})

    [comment] = read(server(http, scope="FUSE", scope_id="")).comments

    assert (comment.source_comment_id, comment.author.login, comment.body) == (
        "70211", "nell-birch", "",
    )  # fmt: skip
    assert comment.commented_at == moment("2024-04-28T01:43:57")


def test_search_page_of_a_server():
    page = read(server(replies(load("jira/server_search")), scope="LAMP", scope_id=""))

    first, last = page.records
    assert (page.total, page.next_token, page.rejected) == (2, None, ())
    assert (first.key, first.status, first.outcome) == ("LAMP-11", "todo", None)
    assert first.body == "It goes dark when the **shade** turns."
    assert (last.key, last.status, last.outcome) == ("LAMP-12", "done", "delivered")
    assert last.closed_at == moment("2024-03-08T10:14:22")
    assert [person.login for person in last.assignees] == ["mara-quill"]
    assert page.notes == ("Jira does not return the whole changelog of LAMP-11, LAMP-12.",)


def test_empty_search_page():
    page = read(server(replies(load("jira/server_search_empty"))))

    assert (page.records, page.next_token, page.total) == ((), None, 0)


def test_fields_without_an_epic_link_are_no_reason_to_ask_for_one():
    http = replies(load("jira/server_fields"), {"issues": [], "total": 0})
    provider = server(FakeHttp([]))
    provider._client._http = http

    read(provider)

    assert [url.rpartition("/")[2] for url in http.urls] == ["field", "search"]
    assert not [name for name in http.bodies[1]["fields"] if name.startswith("customfield")]


# --- Cloud ----------------------------------------------------------------------------------------


def cloud_page(comments):
    """An issue whose changelog and comments are read apart, as Cloud gives them."""
    row = load("jira/server_search")["issues"][0]
    text = load("jira/cloud_comments")["comments"][0]["body"]
    whole = {"comments": [], "total": len(comments["comments"]), "maxResults": 0, "startAt": 0}
    row = row | {"id": "70064", "fields": row["fields"] | {"comment": whole, "description": text}}
    changelog = load("jira/cloud_changelog")
    http = replies({"issues": [row], "isLast": True}, changelog, {"issueChangeLogs": []}, comments)
    return http, read(cloud(http, base_url=f"{SITE}/rest/api/3", scope="LAMP", scope_id=""))


def test_cloud_changelog_becomes_transitions():
    http, page = cloud_page(load("jira/cloud_comments"))

    assert http.bodies[2]["nextPageToken"] == "page-2"
    assert [
        (each.source_event_id, each.field, each.from_value, each.to_value)
        for each in page.transitions
    ] == [
        ("70029", "title", "Lamp fails", "Lamp flickers"),
        ("70036", "status", "Open", "In Progress"),
    ]
    first, _ = page.transitions
    assert first.occurred_at == datetime.fromtimestamp(1_709_800_000, UTC)
    assert (first.actor.source_person_id, first.actor.display_name) == (
        "7012:mara-quill", "Mara Quill",
    )  # fmt: skip


def test_cloud_documents_become_text():
    _, page = cloud_page(load("jira/cloud_comments"))

    [record], [comment] = page.records, page.comments
    assert record.body == comment.body == "The lamp flickers when the shade is turned twice."
    assert (comment.source_comment_id, comment.author.source_person_id) == (
        "70001", "7012:mara-quill",
    )  # fmt: skip
    assert comment.commented_at == moment("2024-03-04T09:00:00")
    assert comment.source_updated_at == moment("2024-03-06T09:37:11")
    assert comment.url == f"{SITE}/browse/LAMP-11?focusedCommentId=70001"


def test_recorded_cloud_comments_of_version_2_are_read():
    _, page = cloud_page(load("jira/comments"))

    [comment] = page.comments
    assert (comment.body, comment.author.display_name) == ("Try another bulb.", "Mara Quill")


def test_published_search_example_is_set_aside_not_fatal():
    """Its `comment` is a list, which no Jira sends: one bad row, and the page goes on."""
    page = read(cloud(replies(load("jira/cloud_search")), scope="LAMP", scope_id=""))

    [rejected] = page.rejected
    assert (page.records, rejected.source_id) == ((), "70064")
    assert "fields.comment" in rejected.reason


def test_cloud_is_checked():
    info = load("jira/cloud_server_info") | {"deploymentType": "Cloud"}
    http = replies(info, load("jira/cloud_myself"), load("jira/cloud_project"))

    found = cloud(http, base_url=SITE, scope="LAMP", scope_id="").check()

    assert (found.scope, found.scope_id) == ("LAMP", "70001")
    assert found.base_url == f"{SITE}/rest/api/3"
    assert found.notes[0].startswith("Jira is read as Mara Quill (time zone Australia/Sydney)")


def test_cloud_count():
    assert cloud(replies(load("jira/cloud_count"))).count() == 153


def test_statuses_by_their_category():
    of_bugs = {"id": "1", "name": "Bug", "subtask": False, "statuses": load("jira/cloud_statuses")}

    assert cloud(replies([of_bugs])).statuses() == {"In Progress": "in_progress", "Closed": "done"}


def test_published_fields_are_among_those_read():
    http = replies({"issues": [], "isLast": True}, load("jira/cloud_myself"))

    read(cloud(http))

    assert [url.rpartition("/")[2] for url in http.urls] == ["jql", "myself"]
    assert {row["id"] for row in load("jira/cloud_fields")} <= set(http.bodies[0]["fields"])


def test_error_collection_is_a_refusal_that_does_not_quote_it():
    error = load("jira/cloud_error")

    with pytest.raises(ProviderConfigError) as failure:
        read(cloud(FakeHttp([reply(error, 400)])))

    assert error["errorMessages"][0] not in str(failure.value)
    assert not failure.value.retryable
