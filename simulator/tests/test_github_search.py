"""The simulated GitHub's issue search and its quota."""

import pytest

from simulator.tests.simulated import Reader, link, plain_issue, reader

__all__ = ["reader"]
SEARCH = "/search/issues"
ISSUES = f"{SEARCH}?q=repo:octo/engine+is:issue"


def counted(reader: Reader, query: str) -> int:
    return reader.read(f"{SEARCH}?q=repo:octo/engine+{query}&per_page=1")["total_count"]


def test_total_is_the_number_of_issues(reader):
    assert counted(reader, "is:issue") == len(reader.github.truth())


def test_issues_and_pull_requests_are_everything(reader):
    assert counted(reader, "is:issue") + counted(reader, "type:pr") == 250


def test_total_follows_changes(reader):
    before = counted(reader, "is:issue+state:open")
    reader.changes.close(plain_issue(reader))
    reader.changes.create()
    reader.changes.delete(plain_issue(reader))

    assert counted(reader, "is:issue+is:open") == before - 1


def test_page_has_items_and_says_that_it_is_complete(reader):
    page = reader.read(f"{ISSUES}&per_page=2")

    assert page["incomplete_results"] is False
    assert [item["score"] for item in page["items"]] == [1.0, 1.0]
    assert link(reader.replies[-1], "next").endswith("&per_page=2&page=2")


def test_all_pages_hold_all_issues(reader):
    numbers, url = [], f"{ISSUES}&per_page=100"
    while url:
        numbers += [item["number"] for item in reader.read(url)["items"]]
        url = link(reader.replies[-1], "next")

    assert sorted(numbers) == sorted(row.number for row in reader.github.each_truth())


def test_updated_since(reader):
    number = plain_issue(reader)
    reader.changes.touch(number)

    page = reader.read(f"{ISSUES}+updated:>=2026-11-02")

    assert [item["number"] for item in page["items"]] == [number]


def test_label_with_a_blank(reader):
    number = plain_issue(reader)
    reader.changes.label(number, name="good first issue")

    rows = reader.read(f'{ISSUES}+label:"good+first+issue"')["items"]

    assert [row["number"] for row in rows] == [number]


@pytest.mark.parametrize("query", ["", "q=", "q=repo:octo/nothing", "q=repo:octo/engine+smell:bad"])
def test_what_cannot_be_searched_is_refused(reader, query):
    assert reader.ask(f"{SEARCH}?{query}").status == 422


def test_private_repository_is_not_found_without_a_token(reader):
    query = f"{SEARCH}?q=repo:octo/private+is:issue"

    assert reader.ask(query).status == 422
    assert reader.read(query, authorization="Bearer t")["total_count"] > 0


def test_results_end_at_a_thousand():
    reader = Reader(issues=1_500)

    assert reader.read(f"{SEARCH}?q=repo:octo/engine&per_page=100&page=10")["total_count"] == 1_500
    assert link(reader.replies[-1], "next") == ""
    assert reader.ask(f"{SEARCH}?q=repo:octo/engine&per_page=100&page=11").status == 422


def test_searches_have_a_quota_of_their_own(reader):
    left = reader.ask(ISSUES, authorization="Bearer t").headers

    assert (left["X-RateLimit-Resource"], left["X-RateLimit-Limit"]) == ("search", "30")
    assert left["X-RateLimit-Remaining"] == "29"
    resources = reader.read("/rate_limit", authorization="Bearer t")["resources"]
    assert (resources["search"]["used"], resources["core"]["used"]) == (1, 0)


def test_thirty_searches_a_minute(reader):
    statuses = [reader.ask(ISSUES, authorization="Bearer t").status for _ in range(31)]
    assert (statuses[29], statuses[30]) == (200, 403)

    reader.clock.shift(60)
    assert reader.ask(ISSUES, authorization="Bearer t").status == 200
