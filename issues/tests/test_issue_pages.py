"""Cursor pagination: every row once, in both directions, for any timestamps."""

import base64
from datetime import timedelta

import pytest

from issues.models import Issue
from issues.tests.api import START, board, foreign_board

__all__ = ["board", "foreign_board"]


@pytest.fixture
def crowd(board) -> list[int]:
    """230 issues, 200 of them opened at the same time; ids newest first."""
    same, spread = [START] * 200, [START + timedelta(seconds=n, microseconds=n) for n in range(30)]
    board.store(
        board.build(key=f"#{number}", opened_at=moment)
        for number, moment in enumerate(same + spread)
    )
    return list(Issue.objects.order_by("-opened_at", "-id").values_list("pk", flat=True))


def walk(board, query: str, link: str = "next") -> list[list[int]]:
    pages, page = [], board.get(query)
    while True:
        pages.append([issue["id"] for issue in page["results"]])
        if not page[link]:
            return pages
        page = board.get(page[link])


@pytest.mark.parametrize("ordering", ["-opened_at", "opened_at", "-source_updated_at"])
def test_paging_forward_shows_every_row_once_in_order(board, crowd, ordering):
    pages = walk(board, f"?page_size=30&ordering={ordering}")

    expected = crowd if ordering.startswith("-") else crowd[::-1]
    assert [row for page in pages for row in page] == expected
    assert [len(page) for page in pages] == [30] * 7 + [20]


@pytest.mark.parametrize("query", ["?page_size=50", "?page_size=50&q=broken&ordering=relevance"])
def test_paging_back_shows_the_same_pages(board, crowd, query):
    page = board.get(query)
    forward = [page["results"]]
    while page["next"]:
        page = board.get(page["next"])
        forward.append(page["results"])

    back = [page["results"]]
    while page["previous"]:
        page = board.get(page["previous"])
        back.append(page["results"])

    assert len(forward) == 5
    assert back[::-1] == forward


def test_rows_added_while_paging_shift_no_page(board, crowd):
    first = board.get("?page_size=30")

    board.add("New", opened_at=START + timedelta(days=9))

    assert [row["id"] for row in board.get(first["next"])["results"]] == crowd[30:60]


def test_page_without_rows_links_to_the_first_page(board, crowd):
    link = board.get("?page_size=200")["next"]
    Issue.objects.all().delete()

    page = board.get(link)

    assert page["results"] == []
    assert page["next"] is None
    assert "cursor" not in page["previous"]


def test_links_keep_the_filters(board, crowd):
    page = board.get("?page_size=2&label=a%26b&status=todo&status=done&removed=true")

    assert page == {"next": None, "previous": None, "results": []}
    link = board.get("?page_size=2&status=todo&status=done&q=broken")["next"]
    assert "status=todo&status=done&q=broken&cursor=" in link


def test_page_size_has_a_limit(board, crowd):
    assert len(board.get()["results"]) == 50
    assert len(board.get("?page_size=1000000")["results"]) == 200


def test_count_only_on_request(board, crowd):
    assert "count" not in board.get()
    assert board.get("?count=true&page_size=1")["count"] == 230
    assert board.get("?count=true&q=broken&key=%23229")["count"] == 1


def test_cursor_of_another_list_is_rejected(board, foreign_board, crowd):
    cursor = board.get("?page_size=2")["next"].partition("cursor=")[2]

    board.get(f"?page_size=9&count=true&cursor={cursor}")
    for query in (f"?ordering=opened_at&cursor={cursor}", f"?label=a&cursor={cursor}"):
        assert "belongs to a list" in board.get(query, status=400)["detail"]
    foreign_board.get(f"?cursor={cursor}", status=400)


@pytest.mark.parametrize(
    "forged",
    [
        "x",
        "%2B",
        "%C3%A4",
        base64.urlsafe_b64encode(b"[1,2,3]").decode(),
        base64.urlsafe_b64encode(b'["", false, ["2026-01-01T00:00:00", 1]]').decode(),
        base64.urlsafe_b64encode(b'["", false, ["2026-01-01T00:00:00Z", 1e400]]').decode(),
        base64.urlsafe_b64encode(b'["", false, ["2026-01-01T00:00:00Z", -1]]').decode(),
        base64.urlsafe_b64encode(b"[" * 300).decode(),
    ],
)
def test_invalid_cursor_is_rejected_with_a_message(board, forged):
    problem = board.get(f"?cursor={forged}", status=400)

    assert problem["errors"][0]["field"] == "cursor"
    assert "start without a cursor" in problem["detail"]
