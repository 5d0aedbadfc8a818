"""Reading of a listing in parts: complete rows are kept, the rest is fetched again.

A page of issues has follow-up requests (changelogs, long lists of comments). If Jira refuses one of
them, the complete issues become a page whose token leads to the first incomplete one. If none is
complete, the next try takes half as many rows. So every try makes progress, however few requests
Jira allows at a time (docs/adr/0025).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec import structs

from integrations.providers.contract.base import (
    Page,
    ProviderRateLimited,
    ProviderUnavailable,
    RawReply,
)
from integrations.providers.jira.dialects import Listing, row_id, stale
from integrations.providers.jira.pages import PageReader, StoppedAt
from integrations.providers.jira.response_source import LiveReplies, Replies, StoredReplies
from integrations.providers.parsing.dates import read_http_date

Rows = Sequence[bytes | msgspec.Raw]
_MARK = "part:"


class Part(msgspec.Struct, frozen=True, array_like=True):
    """Position in a listing; with a dialect's token alone, its beginning."""

    token: str = ""
    """Token that fetches the listing again."""
    done: int = 0
    """Number of its rows already stored."""
    last: str = ""
    """Issue id of the last stored row."""
    size: int = 0
    """Rows to read at once; 0 for all."""


def read_part(token: str) -> Part:
    if not token.startswith(_MARK):
        return Part(token)
    try:
        return msgspec.json.decode(token.removeprefix(_MARK), type=Part)
    except msgspec.DecodeError:
        raise stale(token) from None


class PartReader:
    """Reader of one listing from `part`; each page has its own replies and reader."""

    def __init__(
        self,
        listing: Listing,
        part: Part,
        begin: Callable[[], LiveReplies],
        reader: Callable[[Replies], PageReader],
    ) -> None:
        self._listing = listing
        self._rows = listing.rows
        self._done = _rows_done(listing.rows, part)
        self._size = part.size
        self._begin = begin
        self._reader = reader

    def pages(self) -> Iterator[tuple[Rows, Page[Any]]]:
        """Yield pages with their rows; a page without raw replies holds no records yet.

        Raises Jira's error after yielding the complete rows before it.
        """
        while True:
            rows = self._next_rows()
            replies = self._begin()
            try:
                page = self._reader(replies).read(rows)
            except StoppedAt as stop:
                yield from self._rescue(rows[: stop.row], replies)
                raise stop.reason from None
            except (ProviderRateLimited, ProviderUnavailable):
                yield from self._rescue((), replies)
                raise
            yield rows, self._take(rows, page, replies)
            if self._done >= len(self._rows):
                return

    def _rescue(self, rows: Rows, replies: LiveReplies) -> Iterator[tuple[Rows, Page[Any]]]:
        """Yield the complete rows; if there are none, a token with a smaller size."""
        if rows:
            page = self._reader(StoredReplies(replies.bodies)).read(rows)
            yield rows, self._take(rows, page, replies)
            return
        tried = self._next_rows()
        if len(tried) > 1:
            self._size = len(tried) // 2
            yield tried, self._listed(Page(), self._token())

    def _next_rows(self) -> Rows:
        return self._rows[self._done :][: self._size or None]

    def _take(self, rows: Rows, page: Page[Any], replies: LiveReplies) -> Page[Any]:
        is_whole = len(rows) == len(self._rows)
        first = self._listing.reply.raw if is_whole else _reply_of(rows)
        self._done += len(rows)
        self._size *= 2
        is_last = self._done >= len(self._rows)
        token = self._listing.next_token if is_last else self._token()
        return structs.replace(self._listed(page, token), raw=(first, *replies.raw))

    def _token(self) -> str:
        last = row_id(self._rows[self._done - 1]) if self._done else ""
        part = Part(self._listing.token, self._done, last, self._size)
        return _MARK + msgspec.json.encode(part).decode()

    def _listed(self, page: Page[Any], token: str | None) -> Page[Any]:
        return structs.replace(
            page,
            next_token=token,
            total=self._listing.total,
            upstream_time=read_http_date(self._listing.reply.headers.get("date", "")),
        )


def _rows_done(rows: Rows, part: Part) -> int:
    """Return the number of stored rows; by the last one's id if the list has shifted.

    Returns 0 if that row is missing too: storing a row twice is harmless.
    """
    if not part.done:
        return 0
    ids = [row_id(row) for row in rows]
    if part.done <= len(ids) and ids[part.done - 1] == part.last:
        return part.done
    return ids.index(part.last) + 1 if part.last and part.last in ids else 0


def _reply_of(rows: Rows) -> RawReply:
    """Build the reply that Jira would send for these rows only."""
    return RawReply(b'{"issues":[' + b",".join(map(bytes, rows)) + b"]}")
