"""Faults of paging: rows and links that do not fit together."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from simulator.web import Reply, weak_etag

from .faulty import Case, Fault
from .rows import rows_of


def _next_is(url: str, case: Case) -> Reply:
    reply = case.serve()
    reply.headers["Link"] = f'<{url}>; rel="next"'
    return reply


def _again(case: Case) -> str:
    url = re.sub(r"[?&]again=\d+", "", case.request.url)
    return url + ("&" if "?" in url else "?") + f"again={case.dice.between(1, 9_999)}"


def duplicate_page(case: Case) -> Reply:
    """The next page is this one once more, under another address."""
    return _next_is(_again(case), case)


def self_next(case: Case) -> Reply:
    """The next page is this very address."""
    return _next_is(case.request.url, case)


def empty_next(case: Case) -> Reply:
    """No rows, but a next page: the rows come there."""
    reply = _next_is(_again(case), case)
    reply.replace_body(b"[]")
    reply.headers["ETag"], reply.rows = weak_etag(b"[]"), 0
    return reply


def sso_partial(case: Case) -> Reply:
    """Half of the rows are held back, and one header alone tells."""
    reply = _with_rows(case, lambda rows: rows[::2])
    if reply.status == 200:
        reply.headers["X-GitHub-SSO"] = "partial-results; organizations=21955855,20582480"
    return reply


def shuffled(case: Case) -> Reply:
    """The page's rows in no order."""
    return _with_rows(case, lambda rows: case.dice.few(rows, len(rows)))


def _with_rows(case: Case, change: Callable[[list[Any]], list[Any]]) -> Reply:
    reply = case.serve()
    if reply.status == 200:
        content = msgspec.json.decode(reply.plain_body())
        rows = rows_of(content)
        if rows is not None:
            rows[:] = change(rows)
        reply.replace_body(msgspec.json.encode(content))
    return reply


PAGE_FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (duplicate_page, self_next, empty_next, sso_partial, shuffled)
}
