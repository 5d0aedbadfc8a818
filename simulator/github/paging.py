"""Query parameters and `Link` headers, with the leniency and the limits of github.com."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

import msgspec

from simulator.clock import parse_stamp
from simulator.web import with_query

from .feeds import FeedQuery
from .lists import IssueQuery, Sort
from .orders import Key

MAX_PER_PAGE = 100
MAX_PAGE = 100
MAX_ROWS_BY_NUMBER = 10_000
_CURSOR = b"cursor:v2:"
Parameters = Mapping[str, str]


class BadCursor(Exception):
    """`after` is none of ours."""


def issue_query(parameters: Parameters) -> IssueQuery:
    """What is not understood is ignored, as GitHub does; a time that is no time, too."""
    sort: Sort = "created"
    if parameters.get("sort") == "updated":
        sort = "updated"
    elif parameters.get("sort") == "comments":
        sort = "comments"
    return IssueQuery(
        state=_one_of(parameters.get("state"), ("open", "closed", "all")),
        sort=sort,
        descending=parameters.get("direction") != "asc",
        since=parse_stamp(parameters.get("since", "")),
        per_page=per_page(parameters),
        page=page_number(parameters),
        after=read_cursor(parameters["after"]) if "after" in parameters else None,
    )


def feed_query(parameters: Parameters) -> FeedQuery:
    """`direction` counts only together with `sort`."""
    sort = parameters.get("sort", "")
    return FeedQuery(
        sort="updated" if sort == "updated" else "created",
        descending=bool(sort) and parameters.get("direction") != "asc",
        since=parse_stamp(parameters.get("since", "")),
        per_page=per_page(parameters),
        page=page_number(parameters),
    )


def per_page(parameters: Parameters) -> int:
    return min(_number(parameters.get("per_page"), 30), MAX_PER_PAGE)


def page_number(parameters: Parameters) -> int:
    return _number(parameters.get("page"), 1)


def is_too_deep(query: IssueQuery) -> bool:
    """github.com refuses to count that far; cursors go on."""
    deep = query.page > MAX_PAGE or query.page * query.per_page >= MAX_ROWS_BY_NUMBER
    return query.after is None and query.page > 1 and deep


def cursor_of(key: Key) -> str:
    return urlsafe_b64encode(_CURSOR + msgspec.msgpack.encode(key)).decode()


def read_cursor(text: str) -> Key:
    try:
        raw = urlsafe_b64decode(text.encode())
        value, id_ = msgspec.msgpack.decode(raw.removeprefix(_CURSOR), type=tuple[int, int])
        return value, id_
    except (ValueError, msgspec.DecodeError) as error:
        raise BadCursor(text) from error


def cursor_link(url: str, parameters: Parameters, key: Key | None) -> str:
    """`next` alone: since 2025 github.com names no last page here."""
    if key is None:
        return ""
    page = str(page_number(parameters) + 1)
    kept = {name: value for name, value in parameters.items() if name not in {"after", "page"}}
    return _relation(url, kept | {"after": cursor_of(key), "page": page}, "next")


def number_link(url: str, parameters: Parameters, *, more: bool, total: int | None) -> str:
    """prev, next, last and first, as GitHub orders them."""
    page, links = page_number(parameters), []
    if page > 1:
        links.append(_relation(url, {**parameters, "page": str(page - 1)}, "prev"))
    if more:
        links.append(_relation(url, {**parameters, "page": str(page + 1)}, "next"))
        if total is not None:
            last = -(-total // per_page(parameters))
            links.append(_relation(url, {**parameters, "page": str(last)}, "last"))
    if page > 1:
        links.append(_relation(url, {**parameters, "page": "1"}, "first"))
    return ", ".join(links)


def _relation(url: str, parameters: Parameters, name: str) -> str:
    return f'<{with_query(url, parameters)}>; rel="{name}"'


def _number(text: str | None, default: int) -> int:
    digits = text or ""
    return int(digits) if digits.isascii() and digits.isdigit() and int(digits[:9]) > 0 else default


def _one_of(value: str | None, allowed: tuple[str, ...]) -> str:
    return value if value in allowed else allowed[0]
