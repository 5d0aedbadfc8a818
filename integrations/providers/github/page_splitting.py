"""Splitting of unreadable pages: fetched again, then in parts, down to single rows.

A bad row, or a bad reply that contains it, must not affect other rows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from integrations.providers.contract.base import HttpResponse, ProviderResponseError, RawReply
from integrations.providers.parsing.record_reader import split_page

PER_PAGE, PER_PART = 100, 10
MOST_BY_ROW = 3
"""Maximum parts of a page read row by row; further broken parts are omitted."""

IN_PARTS = "in parts: "
"""Prefix of a page token whose URL is read in parts."""

Ask = Callable[[str], tuple[HttpResponse, str | None]]
"""Function from a URL to its reply and the next page's URL."""


@dataclass(frozen=True, slots=True)
class PartialPage:
    """Page made of its readable parts; an `HttpResponse`."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    moved_permanently: bool
    left_out: int
    """Maximum number of omitted rows."""

    @property
    def raw(self) -> RawReply:
        return RawReply(self.body)


@dataclass(slots=True)
class _Parts:
    rows: list[bytes]
    broken: list[str]
    """URLs of parts that are no lists."""
    unknown: int
    """Number of parts without a link to them."""
    following: str | None


def is_list(reply: HttpResponse) -> bool:
    return _rows_of(reply) is not None


def read_in_parts(ask: Ask, url: str) -> tuple[HttpResponse, str | None]:
    """Return the readable parts of the page at `url`, and the next page's URL.

    Raises ProviderResponseError if no part can be read: then the tracker is failing.
    """
    reply, following = ask(url)
    if is_list(reply):
        return reply, following
    parts = _read(ask, _narrow(url, PER_PART), PER_PAGE // PER_PART)
    if not parts.rows:
        raise ProviderResponseError(
            "The tracker sent a page that is not a complete list of records, and no part of it "
            "can be read. DIIP tries again."
        )
    left_out = PER_PART * (parts.unknown + len(parts.broken[MOST_BY_ROW:]))
    for part in parts.broken[:MOST_BY_ROW]:
        single = _read(ask, _narrow(part, 1), PER_PART)
        parts.rows += single.rows
        left_out += single.unknown + len(single.broken)
    body = b"[" + b",".join(parts.rows) + b"]"
    made = PartialPage(
        reply.status, reply.headers, body, reply.url, reply.moved_permanently, left_out
    )
    return made, following or (_narrow(parts.following, PER_PAGE) if parts.following else None)


def _read(ask: Ask, url: str, count: int) -> _Parts:
    parts = _Parts([], [], 0, url)
    for number in range(count):
        address = parts.following or ""
        reply, parts.following = ask(address)
        rows = _rows_of(reply)
        if rows is None:
            parts.broken.append(address)
        parts.rows += rows or []
        if parts.following is None:
            parts.unknown = 0 if rows is not None else count - number - 1
            break
    return parts


def _rows_of(reply: HttpResponse) -> Sequence[bytes] | None:
    try:
        return [bytes(row) for row in split_page(reply.body)]
    except ProviderResponseError:
        return None


def _narrow(url: str, per_page: int) -> str:
    """Return the URL for the same position with another page size.

    With a cursor in the URL the page number has no meaning.
    """
    address, _, parameters = url.partition("?")
    query = dict(parse_qsl(parameters, keep_blank_values=True))
    before, query["per_page"] = int(query.get("per_page", PER_PAGE)), str(per_page)
    if query.get("page", "").isdecimal() and "after" not in query:
        query["page"] = str((int(query["page"]) - 1) * before // per_page + 1)
    return f"{address}?{urlencode(query)}"
