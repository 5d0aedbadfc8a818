"""A listing read in parts: what came before Jira said stop is kept, the rest is asked for again.

A page of issues has follow-up requests (changelogs, long lists of comments). Where Jira refuses one
of them, the issues that are complete become a page, and its token leads to the first that is not.
Where none is complete, the next try takes half as many rows. So every try gets further, however
few requests Jira allows at a time (docs/adr/0025).
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
from integrations.providers.jira.response_source import KeptReplies, LiveReplies, Replies
from integrations.providers.parsing.dates import read_http_date

Rows = Sequence[bytes | msgspec.Raw]
_MARK = "part:"


class Part(msgspec.Struct, frozen=True, array_like=True):
    """Where in a listing to go on; the dialect's own token alone means at its beginning."""

    token: str = ""
    """Asks for the listing again."""
    done: int = 0
    """So many of its rows are stored."""
    last: str = ""
    """The id of the last of them."""
    size: int = 0
    """Rows to take at once; 0: all."""


def read_part(token: str) -> Part:
    if not token.startswith(_MARK):
        return Part(token)
    try:
        return msgspec.json.decode(token.removeprefix(_MARK), type=Part)
    except msgspec.DecodeError:
        raise stale(token) from None


class PartReader:
    """Reads one listing from where `part` says; each page with replies and a reader of its own."""

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
        """Each with its rows; one without raw replies holds nothing of them yet.

        Raises what Jira refused, after what came before it.
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
        """The rows that are complete; where there are none, fewer are tried next time."""
        if rows:
            page = self._reader(KeptReplies(replies.bodies)).read(rows)
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
    """How many of the rows are stored; where the list has moved meanwhile, by the last one's id.

    Where that is gone too, none: to store a row twice does no harm.
    """
    if not part.done:
        return 0
    ids = [row_id(row) for row in rows]
    if part.done <= len(ids) and ids[part.done - 1] == part.last:
        return part.done
    return ids.index(part.last) + 1 if part.last and part.last in ids else 0


def _reply_of(rows: Rows) -> RawReply:
    """What the reply would be, had Jira given these rows alone."""
    return RawReply(b'{"issues":[' + b",".join(map(bytes, rows)) + b"]}")
