"""Single issues, counts and statuses of Jira."""

import pytest

from integrations.providers.contract.base import (
    Found,
    Gone,
    IssueRef,
    ProviderAuthError,
    ProviderNotFound,
    ProviderResponseError,
)
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
)
from integrations.tests.provider_contract import FakeHttp, reply

REF = IssueRef(source_issue_id="1001", key="ABC-1")
MISSING = reply({"errorMessages": ["Issue does not exist or you do not have permission"]}, 404)


def ask(*replies, ref=REF):
    http = FakeHttp(list(replies))
    return cloud(http).fetch_one(ref), http


def test_an_issue_comes_with_its_whole_history():
    cut = issue(1, comment=comments(total=2))

    answer, http = ask(
        reply(cut), changes((1, [history(1)])), reply(comments(comment(1), comment(2)))
    )

    assert isinstance(answer, Found)
    assert answer.has_history
    assert (len(answer.comments), len(answer.transitions)) == (2, 1)
    assert http.urls[0].startswith(f"{CLOUD}/issue/1001?fields=summary%2C")


def test_an_issue_is_asked_for_by_key_where_there_is_no_id():
    _, http = ask(reply(issue(1)), changes((1, [])), ref=IssueRef(key="ABC-1"))

    assert http.urls[0].startswith(f"{CLOUD}/issue/ABC-1?")


@pytest.mark.parametrize("name", ["", "../1", "ABC 1", "ABC-1?x"])
def test_what_cannot_be_a_name_is_not_asked_for(name):
    with pytest.raises(ProviderResponseError):
        ask(ref=IssueRef(key=name))


def test_history_that_cannot_be_read_is_not_all_there_is():
    answer, _ = ask(reply(issue(1)), changes((1, [{"id": "1"}])))

    assert not answer.has_history


def test_ask_30_one_that_moved_to_another_project_is_gone_and_said_where_to():
    elsewhere = issue(1, project={"id": "10009", "key": "NEW"}) | {"key": "NEW-7"}

    answer, http = ask(reply(elsewhere))

    assert answer == Gone(reason="moved", moved_to=f"{SITE}/browse/NEW-7")
    assert len(http.urls) == 1


def test_ask_4_a_missing_issue_is_gone_once_account_and_project_answer():
    answer, http = ask(MISSING, myself(), project())

    assert answer == Gone(reason="not_visible")
    assert http.urls[1:] == [f"{CLOUD}/myself", f"{CLOUD}/project/10000"]


def test_a_missing_issue_of_a_missing_project_is_no_tombstone():
    with pytest.raises(ProviderNotFound):
        ask(MISSING, myself(), reply({}, 404))


def test_a_missing_issue_under_a_dead_token_is_no_tombstone():
    with pytest.raises(ProviderAuthError):
        ask(MISSING, reply({}, 401))


def test_an_archived_issue_is_out_of_sight():
    answer, _ = ask(reply(issue(1, archiveddate="2024-05-01T00:00:00.000+0000")))

    assert answer == Gone(reason="not_visible")


def test_an_issue_that_cannot_be_read_is_said():
    with pytest.raises(ProviderResponseError, match="cannot be read"):
        ask(reply(issue(1, created="never")))


def test_the_census_brings_whole_rows_with_their_changelog_and_asks_for_no_comments():
    cut = issue(1, comment=comments(comment(1), total=99))
    replies = [found(cut, after="t2"), changes((1, [history(1)])), found(issue(2)), changes()]
    http = FakeHttp(replies)

    pages = list(cloud(http).census())

    entries = [entry for page in pages for entry in page.records]
    assert [(entry.key, entry.record.key) for entry in entries] == [
        ("ABC-1", "ABC-1"), ("ABC-2", "ABC-2"),
    ]  # fmt: skip
    assert (entries[0].record.comment_count, len(pages[0].transitions)) == (99, 1)
    assert [page.whole_comments_of for page in pages] == [(), ("1002",)]
    assert http.bodies[0]["jql"] == "project = 10000 ORDER BY created ASC, id ASC"
    assert http.replies == []


def test_a_page_of_the_census_can_be_mapped_again():
    cut = issue(1, comment=comments(comment(1), total=99))
    [page] = cloud(FakeHttp([found(cut), changes((1, [history(1)]))])).census()

    again = cloud(FakeHttp([])).parse_page("issues", [each.body for each in page.raw])

    assert again.records == tuple(entry.record for entry in page.records)
    assert (again.comments, again.transitions) == (page.comments, page.transitions)


def test_census_lists_unreadable_rows_and_omits_other_projects():
    bad = issue(2, created="never")
    other_project = issue(3, project={"id": "10001", "key": "XYZ"})
    http = FakeHttp([found(issue(1), bad, other_project), changes()])

    [page] = cloud(http).census()

    assert [(entry.key, entry.record is None) for entry in page.records] == [
        ("ABC-1", False), ("ABC-2", True),
    ]  # fmt: skip


def test_census_resumes_where_it_stopped():
    http = FakeHttp([found(issue(2)), changes()])

    [page] = cloud(http).census("1:t2")

    assert page.next_token is None
    assert http.bodies[0]["nextPageToken"] == "t2"


def test_the_count_is_one_cheap_question():
    http = FakeHttp([reply({"count": 153}), reply({}, 400)])
    provider = cloud(http)

    assert (provider.count(), provider.count()) == (153, None)
    assert http.urls[0] == f"{CLOUD}/search/approximate-count"


def test_statuses_are_mapped_by_category():
    http = FakeHttp([project_statuses()])

    assert cloud(http).statuses() == {
        "To Do": "todo",
        "In Progress": "in_progress",
        "Done": "done",
        "Closed": "done",
    }
    assert http.urls == [f"{CLOUD}/project/10000/statuses"]
