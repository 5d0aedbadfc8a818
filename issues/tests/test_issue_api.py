"""Issue API: response shape, tenants, number of queries."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.sign_in import tokens
from integrations.models import Integration
from issues.tests.api import START, board, foreign_board

__all__ = ["board", "foreign_board"]


def test_row_has_exactly_these_fields_in_this_form(board):
    issue = board.add(
        'Ünï\x7f\u2028\u0001 "quoted" \\ </script>',
        labels=["z", "ä", "A"],
        assignees=["bob", "ann"],
        author="ann",
        opened_at="2026-01-01T00:00:00.120000Z",
        closed_at="2026-01-02T00:00:00Z",
    )

    person, other = (
        {"id": board.person(login).pk, "login": login, "display_name": login.title()}
        | {"is_bot": False, "is_deleted": False}
        for login in ("ann", "bob")
    )
    [row] = board.get()["results"]
    assert board.get(f"{issue.pk}/") == {**row, "former_keys": []}
    assert list(row.items()) == [
        ("id", issue.pk),
        ("project_id", board.project.pk),
        ("provider", "github"),
        ("source_issue_id", issue.source_issue_id),
        ("key", issue.key),
        ("url", ""),
        ("title", issue.title),
        ("body", ""),
        ("status", "todo"),
        ("source_status", "open"),
        ("outcome", None),
        ("type", ""),
        ("priority", ""),
        ("author", person),
        ("assignees", [person, other]),
        ("labels", ["A", "z", "ä"]),
        ("components", []),
        ("comment_count", None),
        ("reopen_count", None),
        ("opened_at", "2026-01-01T00:00:00.120000Z"),
        ("closed_at", "2026-01-02T00:00:00Z"),
        ("source_updated_at", "2026-01-01T00:00:00.120000Z"),
        ("first_response_at", None),
        ("removed_at", None),
        ("removed_reason", ""),
        ("moved_to", None),
    ]


def test_history_is_in_time_order_in_one_shape(board):
    issue = board.add()
    board.comment(issue, hours=2)
    board.transition(issue, hours=1, actor=None)

    entries = board.get(f"{issue.pk}/history/")["results"]

    assert [entry["kind"] for entry in entries] == ["transition", "comment"]
    transition, comment = entries
    assert transition["from"] == "open"
    assert transition["to"] == "closed"
    assert transition["actor"] is None
    assert comment["body"] == "Me too"
    assert comment["actor"]["login"] == "ann"
    assert comment["at"] == "2026-01-01T02:00:00Z"
    assert transition.keys() == comment.keys()


def test_history_pages_show_each_entry_once_both_ways(board):
    issue = board.add()
    for hours in (1, 1, 1, 2, 3):
        board.comment(issue, hours, body=f"{hours}")
        board.transition(issue, hours)

    page = board.get(f"{issue.pk}/history/?page_size=3")
    forward = [page["results"]]
    while page["next"]:
        page = board.get(page["next"])
        forward.append(page["results"])
    backward = [page["results"]]
    while page["previous"]:
        page = board.get(page["previous"])
        backward.append(page["results"])

    whole = board.get(f"{issue.pk}/history/")["results"]
    assert [entry for part in forward for entry in part] == whole
    assert backward[::-1] == forward
    assert len(whole) == 10


@pytest.mark.parametrize("path", ["", "{}/", "{}/history/"])
def test_outsider_gets_404_where_a_member_reads(board, foreign_board, path):
    path = path.format(board.add().pk)
    board.get(path)

    response = foreign_board.client.get(board.url + path)

    assert response.status_code == 404


@pytest.mark.parametrize("path", ["{}/", "{}/history/"])
def test_issue_of_another_project_gets_404(board, foreign_board, path):
    theirs = foreign_board.add().pk
    refusals = {
        json.dumps(board.get(path.format(number), status=404))
        for number in (theirs, theirs + 1000, 10**30)
    }

    foreign_board.get(path.format(theirs))
    assert len(refusals) == 1


@pytest.mark.parametrize("path", ["", "{}/", "{}/history/"])
def test_api_is_read_only_and_needs_a_token(board, path):
    url = board.url + path.format(board.add().pk)

    assert board.client.get(url).status_code == 200
    for method in ("post", "put", "patch", "delete"):
        assert getattr(board.client, method)(url).status_code in (403, 405)
    board.client.force_authenticate(None)
    assert board.client.get(url).status_code == 401


def test_detail_shows_a_tombstone_and_rejects_parameters(board):
    issue = board.add(removed_at=START, removed_reason="deleted")

    assert board.get(f"{issue.pk}/")["removed_reason"] == "deleted"
    board.get(f"{issue.pk}/?expand=all", status=400)
    board.get(f"{issue.pk}/history/?kind=comment", status=400)


@pytest.mark.parametrize("query", ["", "?q=broken", "?label=bug&assignee=ann", "?count=true"])
def test_list_uses_as_many_queries_for_100_rows_as_for_one(board, query):
    counts = []
    for more in (1, 99):
        issues = [board.build(author=board.person("ann")) for _ in range(more)]
        board.tag(board.store(issues), ["bug", "red"], ["ann", "bob"])
        counts.append(count_queries(board, f"{board.url}{query}"))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("path", ["{}/", "{}/history/"])
def test_detail_uses_a_constant_number_of_queries(board, path):
    bare, full = board.add(), board.add(labels="abcdef", assignees="abcdef")
    for hours in range(20):
        board.comment(full, hours)
        board.transition(full, hours)

    counts = [count_queries(board, board.url + path.format(issue.pk)) for issue in (bare, full)]

    assert counts[0] == counts[1]


def test_list_costs_three_queries_with_its_token(board):
    board.add()
    board.client.force_authenticate(None)
    access = tokens.issue(board.user).access
    board.client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")

    assert count_queries(board, board.url) == 3


def count_queries(board, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as counts:
        assert board.client.get(url).status_code == 200
    return len(counts)


def test_issues_of_a_removed_integration_are_hidden_before_the_purge(board):
    old = board.add("Connected before", key="#1")
    Integration.objects.filter(pk=board.integration.pk).update(removed_at=START)
    board.add("Connected again", key="#1", integration=board.connect("octo/core"))

    assert board.titles() == ["Connected again"]
    assert board.titles("?q=connected&key=%231") == ["Connected again"]
    assert board.titles("?q=%231") == ["Connected again"]
    board.get(f"{old.pk}/", status=404)
