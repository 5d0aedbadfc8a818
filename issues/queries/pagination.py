"""Keyset pagination: pages start after a row, so that all cost the same.

A cursor names the last row seen and its list. It is validated but not signed: a forged cursor only
selects another position in a list the client may read anyway.
"""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

import msgspec
from django.db.models import BooleanField, DateTimeField, F, Func, TextField, Value
from django.http import QueryDict
from rest_framework.request import Request

from diip.common.errors import InvalidInput
from diip.common.http_api.pagination import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from issues.queries.filters import Parameter, number, text

Place = TypeVar("Place")
Row = TypeVar("Row")
RowId = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]

PAGING = (
    Parameter(
        "cursor",
        text,
        "Start of the page. Take it from `next` or `previous`; do not build your own.",
    ),
    Parameter(
        "page_size",
        number,
        f"Rows per page; values above {MAX_PAGE_SIZE} return {MAX_PAGE_SIZE} rows.",
        {"type": "integer", "minimum": 1, "maximum": 10**18 - 1, "default": DEFAULT_PAGE_SIZE},
    ),
)
_NO_FILTERS = ("cursor", "page_size", "count")


class Cursor(msgspec.Struct, Generic[Place], array_like=True, frozen=True):
    context: str
    """Digest of the list: its path, filters and ordering."""
    backward: bool
    place: Place


class Page(msgspec.Struct, Generic[Row], kw_only=True):
    """Page of a list response. `count` is set only on request."""

    count: int | msgspec.UnsetType = msgspec.UNSET
    next: str | None
    previous: str | None
    results: list[Row]


@dataclass(frozen=True)
class Pager(Generic[Place]):
    """Pagination of one list for one request."""

    request: Request
    cursor: Cursor[Place] | None
    size: int

    @classmethod
    def of(
        cls, request: Request, values: Mapping[str, list[Any]], place_type: Any
    ) -> "Pager[Place]":
        size = min(values.get("page_size", [DEFAULT_PAGE_SIZE])[0], MAX_PAGE_SIZE)
        given = values.get("cursor", [None])[0]
        cursor = _decode(given, place_type, _context(request)) if given else None
        return cls(request, cursor, size)

    @property
    def limit(self) -> int:
        """Return the page size plus one row, which shows whether another page exists."""
        return self.size + 1

    @property
    def backward(self) -> bool:
        return self.cursor is not None and self.cursor.backward

    def page(self, rows: Sequence[Row], place_of: Callable[[Row], Place]) -> Page[Row]:
        """Build the page from `rows`, read in the cursor's direction up to `limit`."""
        more, shown = len(rows) > self.size, list(rows[: self.size])
        if self.backward:
            shown.reverse()
        has_next = self.backward or more
        has_previous = more if self.backward else self.cursor is not None
        return Page(
            next=self._link(shown[-1:], place_of, backward=False) if has_next else None,
            previous=self._link(shown[:1], place_of, backward=True) if has_previous else None,
            results=shown,
        )

    def _link(
        self, edge: Sequence[Row], place_of: Callable[[Row], Place], *, backward: bool
    ) -> str:
        """Build the link beyond `edge`; an empty page links to the first."""
        params = [
            (k, v) for k, values in self._query_params().lists() for v in values if k != "cursor"
        ]
        if edge:
            cursor = Cursor(_context(self.request), backward, place_of(edge[0]))
            params.append(("cursor", _encode(cursor)))
        query = f"?{urlencode(params)}" if params else ""
        return self.request.build_absolute_uri(f"{self.request.path}{query}")

    def _query_params(self) -> QueryDict:
        return self.request.query_params


def _context(request: Request) -> str:
    params = sorted((k, v) for k, v in request.query_params.lists() if k not in _NO_FILTERS)
    return blake2b(repr((request.path, params)).encode(), digest_size=6).hexdigest()


def _encode(cursor: Cursor[Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).rstrip(b"=").decode()


def _decode(given: str, place_type: Any, context: str) -> Cursor[Any]:
    try:
        raw = base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
        cursor = msgspec.json.decode(raw, type=Cursor[place_type])
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        raise InvalidInput(
            "cursor: invalid; start without a cursor and follow `next`",
            field="cursor",
        ) from None
    if cursor.context != context:
        raise InvalidInput(
            "cursor: it belongs to a list with other filters or another ordering; "
            "start without a cursor and follow `next`",
            field="cursor",
        )
    return cursor


# --- comparing rows ------------------------------------------------------------------------------


class _Row(Func):
    """SQL row value `(a, b)`, which an index over both columns supports."""

    function = ""
    output_field = TextField()


class _Compare(Func):
    function = ""
    template = "%(expressions)s"
    output_field = BooleanField()


def beyond(columns: Sequence[str | Value], place: Sequence[object], *, ascending: bool) -> Func:
    """Build the condition for rows after `place` in the order of `columns`."""
    row = _Row(*(F(column) if isinstance(column, str) else column for column in columns))
    bound = _Row(*(Value(value, output_field=_field(value)) for value in place))
    return _Compare(row, bound, arg_joiner=" > " if ascending else " < ")


def _field(value: object) -> "DateTimeField[Any, Any] | None":
    return DateTimeField() if isinstance(value, datetime) else None
