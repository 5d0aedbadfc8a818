"""Pages of an issue's links: each link exactly once."""

import pytest

from issues.models import FormerKey, Issue, IssueLink
from issues.queries import links
from issues.tests.api import START, board, foreign_board

__all__ = ["board", "foreign_board"]


@pytest.fixture
def known(board) -> Issue:
    return board.add("Known")


def others(board, count: int) -> list[Issue]:
    return board.store(board.build() for _ in range(count))


def add_links(issues, target: Issue, kind: str = "relates", **columns) -> None:
    given = {"kind": kind, "source": "tracker", "target": target, **columns}
    IssueLink.objects.bulk_create(
        IssueLink(issue=issue, target_ref=f"id:{target.pk}", **given) for issue in issues
    )


def walk(board, issue: Issue, size: int = 200, link: str = "next") -> list[list[dict]]:
    pages, page = [], board.get(f"{issue.pk}/links/?page_size={size}")
    while True:
        pages.append(page["results"])
        if not page[link]:
            return pages
        page = board.get(page[link])


def ends(pages: list[list[dict]]) -> list[int]:
    return [link["issue"]["id"] for page in pages for link in page]


def test_issue_with_many_links_shows_all_of_them(board, known):
    crowd = others(board, 1100)
    add_links(crowd, known)

    assert ends(walk(board, known)) == [issue.pk for issue in crowd]


@pytest.mark.parametrize("size", [1, 7, 200])
def test_link_reported_by_both_ends_is_on_one_page_only(board, known, size, monkeypatch):
    monkeypatch.setattr(links, "STRIDE", 5)
    crowd = others(board, 20)
    add_links(crowd, known, "blocks")
    for issue in crowd:
        add_links([known], issue, "blocks", inward=True)
        add_links([known], issue, "relates", source="text")

    assert ends(walk(board, known, size)) == [issue.pk for issue in crowd]


def test_strong_kinds_come_first_regardless_of_report_order(board, known):
    mentioning, blocking = others(board, 2)
    add_links([mentioning], known, source="text")
    add_links([blocking], known, "blocks")

    assert ends(walk(board, known)) == [blocking.pk, mentioning.pk]


def test_paging_back_shows_the_same_pages(board, known):
    add_links(others(board, 25), known)
    page = board.get(f"{known.pk}/links/?page_size=10")
    forward = [page["results"]]
    while page["next"]:
        page = board.get(page["next"])
        forward.append(page["results"])

    back = [page["results"]]
    while page["previous"]:
        page = board.get(page["previous"])
        back.append(page["results"])

    assert [len(part) for part in forward] == [10, 10, 5]
    assert back[::-1] == forward


def test_links_reported_by_a_removed_integration_are_hidden(board, known):
    gone = board.connect("octo/gone")
    [reporter] = board.store([board.build(integration=gone)])
    add_links([reporter], known)
    add_links([known], reporter, "blocks", target_key="#9", target_url="https://x.test/9")

    gone.removed_at = START
    gone.save()

    [link] = board.get(f"{known.pk}/links/")["results"]
    assert link["issue"] == {
        "id": None, "provider": None, "key": "#9", "url": "https://x.test/9",
        "title": None, "status": None,
    }  # fmt: skip


def test_cursor_of_another_issue_is_rejected(board, known):
    add_links(others(board, 3), known)
    following = board.get(f"{known.pk}/links/?page_size=1")["next"]
    other = board.add()

    refused = board.get(following.replace(f"issues/{known.pk}/", f"issues/{other.pk}/"), status=400)

    assert refused["errors"][0]["field"] == "cursor"


def test_links_of_another_tenant_are_not_found(foreign_board, known):
    foreign_board.get(f"{known.pk}/links/", status=404)


def test_issue_detail_lists_former_keys(board, known):
    for key in ("ABC-2", "ABC-1"):
        FormerKey.objects.create(issue=known, integration=board.integration, key=key)

    assert board.get(f"{known.pk}/")["former_keys"] == ["ABC-1", "ABC-2"]
