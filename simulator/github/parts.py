"""What belongs to one issue: its comments, its events, and both in one row."""

from collections.abc import Callable

from .state import Shelf


def _events_of(shelf: Shelf, number: int) -> list[object]:
    return [shelf.render.event(e, with_issue=False) for e in shelf.repository.events_of(number)]


def _comments_of(shelf: Shelf, number: int) -> list[object]:
    return [shelf.render.comment(comment) for comment in shelf.repository.comments_of(number)]


def _timeline_of(shelf: Shelf, number: int) -> list[object]:
    """Events and comments together, in the order in which they came."""
    repository, render = shelf.repository, shelf.render
    rows = [(e.id, render.event(e, with_issue=False)) for e in repository.events_of(number)]
    for comment in repository.comments_of(number):
        extra = {"event": "commented", "actor": render.user(comment.author)}
        rows.append((comment.id, render.comment(comment) | extra))
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


def _issues(shelf: Shelf, numbers: list[int]) -> list[object]:
    return [shelf.render.issue(number) for number in numbers]


PARTS: dict[str, Callable[[Shelf, int], list[object]]] = {
    "comments": _comments_of, "events": _events_of, "timeline": _timeline_of,
    "sub_issues": lambda shelf, n: _issues(shelf, shelf.repository.relations.parts(n)),
    "dependencies/blocked_by": lambda shelf, n: _issues(
        shelf, shelf.repository.relations.blockers(n)
    ),
    "dependencies/blocking": lambda shelf, n: _issues(
        shelf, shelf.repository.relations.blocked(n)
    ),
}  # fmt: skip
