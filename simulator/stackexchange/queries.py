"""Sorting, ranges and pages. https://api.stackexchange.com/docs/paging and /docs/min-max"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from .errors import Refused

MAX_PAGE_SIZE = 100
MAX_IDS = 100
DEEPEST_WITHOUT_KEY = 25
Query = Mapping[str, str]
Sorts = Mapping[str, Callable[[Any], int]]
QUESTION_SORTS: Sorts = {
    "activity": lambda question: int(question.active),
    "creation": lambda question: int(question.created),
    "votes": lambda question: int(question.score),
}
ANSWER_SORTS: Sorts = {
    "activity": lambda answer: int(answer.changed),
    "creation": lambda answer: int(answer.created),
    "votes": lambda answer: int(answer.score),
}
COMMENT_SORTS: Sorts = {
    "creation": lambda comment: int(comment.created),
    "votes": lambda comment: int(comment.score),
}


class Page(msgspec.Struct, frozen=True):
    rows: list[Any]
    more: bool
    total: int
    number: int
    size: int


def page(found: Iterable[Any], query: Query, sorts: Sorts) -> Page:
    """`min` and `max` are of what is sorted by, `fromdate` and `todate` of the creation."""
    key = _sort(query, sorts)
    limits = [number(query, name) for name in ("min", "max", "fromdate", "todate")]
    low, high, since, until = limits
    rows = [
        row for row in found
        if (low is None or key(row) >= low) and (high is None or key(row) <= high)
        and (since is None or row.created >= since) and (until is None or row.created <= until)
    ]  # fmt: skip
    rows.sort(key=lambda row: (key(row), row.id), reverse=_descending(query))
    current, size = page_number(query), _page_size(query)
    start = (current - 1) * size
    return Page(rows[start : start + size], len(rows) > start + size, len(rows), current, size)


def page_number(query: Query) -> int:
    value = number(query, "page")
    if value is not None and value < 1:
        raise Refused.parameter("page")
    return 1 if value is None else value


def ids_of(text: str) -> list[int]:
    """Up to 100, each once."""
    parts = text.split(";")
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise Refused(404, "no method found with this name")
    if len(parts) > MAX_IDS:
        raise Refused.parameter("ids")
    return list(dict.fromkeys(int(part[:18]) for part in parts))


def number(query: Query, name: str) -> int | None:
    text = query.get(name, "")
    if not text:
        return None
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 15:
        raise Refused.parameter(name)
    return int(text)


def _page_size(query: Query) -> int:
    value = number(query, "pagesize")
    if value is not None and not 0 <= value <= MAX_PAGE_SIZE:
        raise Refused.parameter("pagesize")
    return 30 if value is None else value


def _sort(query: Query, sorts: Sorts) -> Callable[[Any], int]:
    name = query.get("sort") or next(iter(sorts))
    if name not in sorts:
        raise Refused.parameter("sort")
    return sorts[name]


def _descending(query: Query) -> bool:
    order = query.get("order") or "desc"
    if order not in {"asc", "desc"}:
        raise Refused.parameter("order")
    return order == "desc"
