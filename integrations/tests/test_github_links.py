"""Links between GitHub issues, and GitHub's counts."""

import pytest

from integrations.providers.contract.base import (
    Cursor,
    Found,
    IssueRef,
    LinkRecord,
    ProviderAccessDenied,
    ProviderResponseError,
)
from integrations.tests.github_pages import API, github, issue, page, pull_request
from integrations.tests.provider_contract import FakeHttp, reply

WEB = "https://github.com/octo/hello/issues"
BLOCKED = {"blocked_by": 1, "total_blocked_by": 1, "blocking": 0, "total_blocking": 0}


def blocked(number, **summary):
    return issue(number, issue_dependencies_summary=BLOCKED | summary)


def read(*replies):
    http = FakeHttp(list(replies))
    [found] = github(http).fetch_issues(Cursor())
    return found, http


def blocker(number, **other):
    return LinkRecord(
        kind="blocks",
        inward=True,
        **{"source_issue_id": str(1_000 + number), "key": f"#{number}", "url": f"{WEB}/{number}"}
        | other,
    )


def test_a_parent_is_linked_by_its_web_address():
    found, _ = read(page(issue(1, parent_issue_url=f"{API}/repos/octo/plans/issues/5")))

    assert found.records[0].links == (
        LinkRecord(kind="parent", url="https://github.com/octo/plans/issues/5"),
    )


def test_a_parent_on_a_server_of_ones_own():
    here = issue(
        1,
        html_url="https://ghe.test/octo/hello/issues/1",
        parent_issue_url="https://ghe.test/api/v3/repos/octo/hello/issues/5",
    )

    found, _ = read(page(here))

    assert found.records[0].links[0].url == "https://ghe.test/octo/hello/issues/5"


@pytest.mark.parametrize("parent", [None, "", "https://api.github.com/repos/x", "javascript:1"])
def test_no_parent_is_no_link(parent):
    found, _ = read(page(issue(1, parent_issue_url=parent)))

    assert found.records[0].links == ()


def test_only_issues_that_are_blocked_are_asked_about():
    rows = [issue(1), blocked(2), blocked(3, blocked_by=0, total_blocked_by=0), blocked(4)]

    found, http = read(page(*rows), page(issue(7)), page(issue(8), issue(9)))

    assert http.urls[1:] == [
        f"{API}/repos/octo/hello/issues/{number}/dependencies/blocked_by?per_page=100"
        for number in (2, 4)
    ]
    assert [record.links for record in found.records] == [
        (),
        (blocker(7),),
        (),
        (blocker(8), blocker(9)),
    ]


def test_those_blocked_by_closed_issues_are_asked_about_too():
    _, http = read(page(blocked(2, blocked_by=0)), page(issue(7, state="closed")))

    assert len(http.urls) == 2


def test_a_pull_request_is_not_asked_about():
    _, http = read(page(pull_request(2, issue_dependencies_summary=BLOCKED)))

    assert len(http.urls) == 1


@pytest.mark.parametrize("summary", [None, {}, "odd"])
def test_server_without_a_count_gives_none(summary):
    found, http = read(page(issue(1, issue_dependencies_summary=summary)))

    assert len(http.urls) == 1
    assert len(found.records) == 1


def test_an_issue_elsewhere_has_no_key_here():
    far = issue(7, html_url="https://github.com/octo/other/issues/7")

    found, _ = read(page(blocked(2)), page(far))

    assert found.records[0].links == (blocker(7, key="", url=far["html_url"]),)


def test_parent_and_blockers_stand_side_by_side():
    row = blocked(2) | {"parent_issue_url": f"{API}/repos/octo/hello/issues/5"}

    found, _ = read(page(row), page(issue(7)))

    assert [link.kind for link in found.records[0].links] == ["parent", "blocks"]


def test_issue_deleted_meanwhile_has_no_blockers():
    found, _ = read(page(blocked(2)), reply({}, 404))

    assert found.records[0].links == ()


def test_a_refusal_fails_the_page():
    with pytest.raises(ProviderAccessDenied):
        read(page(blocked(2)), reply({}, 403))


def test_the_page_is_made_again_without_a_request():
    found, _ = read(page(blocked(2), blocked(3)), reply({}, 410), page(issue(7)))

    again = github(FakeHttp([])).parse_page("issues", [each.body for each in found.raw])

    assert len(found.raw) == 3
    assert again.records == found.records
    assert found.records[1].links == (blocker(7),)


def test_replies_that_do_not_belong_together_are_refused():
    bodies = [page(blocked(2), blocked(3)).body, page(issue(7)).body]

    with pytest.raises(ProviderResponseError):
        github(FakeHttp([])).parse_page("issues", bodies)


def test_a_single_issue_comes_with_its_links():
    http = FakeHttp([reply(blocked(2)), page(issue(7)), page()])

    found = github(http).fetch_one(IssueRef(key="#2"))

    assert isinstance(found, Found)
    assert found.record.links == (blocker(7),)


def test_the_census_asks_what_a_sync_asks():
    """Removing a blocker may leave the blocked issue's date unchanged."""
    replies = page(blocked(2)), reply([issue(7)])
    read_by_sync, _ = read(*replies)
    http = FakeHttp(list(replies))

    [listed] = github(http).census()

    assert [entry.record for entry in listed.records] == list(read_by_sync.records)
    assert len(http.urls) == 2


# --- counting ------------------------------------------------------------------------------------


def test_the_search_counts():
    http = FakeHttp([reply({"total_count": 7, "incomplete_results": False, "items": []})])

    assert github(http).count() == 7
    assert http.urls == [f"{API}/search/issues?q=repo%3Aocto%2Fhello+is%3Aissue&per_page=1"]


@pytest.mark.parametrize("status", [403, 404, 410, 422, 429])
def test_a_search_that_is_refused_counts_nothing(status):
    assert github(FakeHttp([reply({"message": "no"}, status)])).count() is None


def test_a_search_that_did_not_finish_counts_nothing():
    half = {"total_count": 7, "incomplete_results": True, "items": []}

    assert github(FakeHttp([reply(half)])).count() is None
