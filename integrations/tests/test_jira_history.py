"""History included with issues of Jira Cloud: changelog, comments, dates."""

from datetime import UTC, datetime

import pytest

from integrations.providers.contract.base import Cursor, ProviderResponseError
from integrations.tests.jira_pages import (
    CLOUD,
    changes,
    cloud,
    comment,
    comments,
    found,
    history,
    issue,
    item,
    project_statuses,
    status,
)
from integrations.tests.provider_contract import FakeHttp, reply


def read(*replies, since=None, token="", **scope):
    http = FakeHttp(list(replies))
    pages = list(cloud(http, **scope).fetch_issues(Cursor(since=since, page_token=token)))
    return pages, http


# --- the changelog --------------------------------------------------------------------------------


def test_the_changelog_comes_in_bulk_with_ten_fields_at_most():
    _, http = read(found(issue(1), issue(2)), changes((1, [])))

    body = http.bodies[1]
    assert http.urls[1] == f"{CLOUD}/changelog/bulkfetch"
    assert body["issueIdsOrKeys"] == ["1001", "1002"]
    assert len(body["fieldIds"]) <= 10
    assert {"status", "resolution", "assignee", "priority", "issuetype"} <= set(body["fieldIds"])


def test_the_changelog_is_read_to_its_last_page():
    first = changes((1, [history(1, item("priority", "Low", "High"))]), after="c2")

    [page], http = read(found(issue(1)), first, changes((1, [history(2)])))

    assert [each.field for each in page.transitions] == ["priority", "status"]
    assert http.bodies[2]["nextPageToken"] == "c2"


def test_a_changelog_that_goes_in_circles_fails():
    again = changes((1, [history(1)]), after="c2")

    with pytest.raises(ProviderResponseError, match="same pages repeatedly"):
        read(found(issue(1)), again, again)


def test_one_that_cannot_be_read_is_rejected_and_the_others_are_kept():
    [page], _ = read(found(issue(1)), changes((1, [{"id": "9"}, history(2)])))

    assert len(page.transitions) == 1
    [rejected] = page.rejected
    assert rejected.source_id == "change 9"


def test_a_date_in_seconds_and_one_in_milliseconds_are_the_same():
    when = [history(1, created=1492070429), history(2, created=1492070429000)]

    [page], _ = read(found(issue(1)), changes((1, when)))

    assert {each.occurred_at for each in page.transitions} == {
        datetime(2017, 4, 13, 8, 0, 29, tzinfo=UTC)
    }


# --- comments -------------------------------------------------------------------------------------


def test_comments_that_are_all_there_cost_no_request():
    [page], http = read(found(issue(1)), changes((1, [])))

    assert [each.body for each in page.comments] == ["Same here."]
    assert page.whole_comments_of == ("1001",)
    assert len(http.urls) == 2


def test_comments_that_are_cut_short_are_asked_for_of_that_issue_only():
    cut = issue(1, comment=comments(comment(1), total=3))
    rest = [comment(n) for n in (1, 2, 3)]

    [page], http = read(
        found(cut, issue(2)),
        changes((1, [])),
        reply(comments(*rest[:2], total=3)),
        reply(comments(rest[2], total=3) | {"startAt": 2}),
    )

    assert [each.source_comment_id for each in page.comments] == ["50001", "50002", "50003",
                                                                  "50002"]  # fmt: skip
    assert page.whole_comments_of == ("1001", "1002")
    assert [url.partition("startAt=")[2][:1] for url in http.urls[2:]] == ["0", "2"]


def test_comments_of_an_issue_that_just_went_are_those_that_came_along():
    cut = issue(1, comment=comments(comment(1), total=30))

    [page], _ = read(found(cut), changes((1, [])), reply({}, 404))

    assert len(page.comments) == 1
    assert page.whole_comments_of == ()
    again = cloud(FakeHttp([])).parse_page("issues", [each.body for each in page.raw])
    assert again.comments == page.comments


def test_a_list_of_comments_that_changes_while_it_is_read_is_not_called_whole():
    cut = issue(1, comment=comments(comment(1), total=3))
    shrunk = reply(comments(comment(3), total=2))

    [page], _ = read(
        found(cut), changes((1, [])), reply(comments(comment(1), comment(2), total=3)), shrunk
    )

    assert page.whole_comments_of == ()


def test_fewer_comments_than_promised_are_a_failure():
    cut = issue(1, comment=comments(comment(1), total=3))

    with pytest.raises(ProviderResponseError, match="fewer comments"):
        read(found(cut), changes((1, [])), reply(comments(total=3)))


def test_an_issue_without_its_comments_says_nothing_of_them():
    [page], _ = read(found(issue(1, comment=None)), changes((1, [])))

    assert page.records[0].comment_count is None
    assert page.whole_comments_of == ()


def test_a_comment_that_cannot_be_read_leaves_the_others_and_the_claim_to_have_all():
    bad = comment(2, created=None)

    [page], _ = read(found(issue(1, comment=comments(comment(1), bad))), changes((1, [])))

    assert [each.source_comment_id for each in page.comments] == ["50001"]
    assert [each.source_id for each in page.rejected] == ["comment 50002"]
    assert page.whole_comments_of == ()


# --- done since -----------------------------------------------------------------------------------


def test_statuses_are_asked_for_once_however_many_pages_need_them():
    undated = [issue(n, status=status("Done")) for n in (1, 2)]

    pages, http = read(
        found(undated[0], after="t2"),
        changes((1, [history(1)])),
        project_statuses(),
        found(undated[1]),
        changes((2, [history(2)])),
    )

    assert all(page.records[0].closed_at for page in pages)
    assert [len(page.raw) for page in pages] == [3, 3]
    assert sum("statuses" in url for url in http.urls) == 1


def test_the_clock_is_jiras():
    [page], _ = read(found())

    assert page.upstream_time == datetime(2025, 11, 22, 10, tzinfo=UTC)


def test_an_id_from_outside_is_one_part_of_a_path():
    odd = issue(1, comment=comments(total=1)) | {"id": "../../x"}

    _, http = read(found(odd), changes(), reply(comments(comment(1))))

    assert http.urls[2].startswith(f"{CLOUD}/issue/..%2F..%2Fx/comment?")
