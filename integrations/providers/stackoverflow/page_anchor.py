"""Keyset paging through a list that changes during reading: by dates, not page numbers.

The next page starts at the date of this page's last row. An issue edited meanwhile moves to the
end, where it is read again; no row is missed. Page numbers are used only if a whole page has the
same second.

A row may have a later date than its position: it was edited after the list was sorted, or the
reply comes from a cache. Continuing from such a date would skip rows. So the next page overlaps
the last three rows of this one, or its second half if this page is out of order.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import msgspec

from integrations.providers.contract.base import ProviderResponseError
from integrations.providers.parsing.record_reader import load_leniently
from integrations.providers.stackoverflow.payloads import Listed

PAGE_SIZE = 100
Sort = Literal["activity", "creation"]
_DATES = {"activity": "last_activity_date", "creation": "creation_date"}
_STRICT = msgspec.json.Decoder(Listed)


class Spot(msgspec.Struct, frozen=True):
    """Position in an ascending list: start in seconds, and page number from there."""

    start: int | None = None
    page: int = 1

    def query(self) -> dict[str, object]:
        start = {} if self.start is None else {"min": self.start}
        return {"order": "asc", **start, "page": self.page, "pagesize": PAGE_SIZE}


def next_spot(spot: Spot, rows: Sequence[bytes | msgspec.Raw], sort: Sort) -> Spot:
    """Return the position of the next page.

    Raises ProviderResponseError if the page is empty or lies before the requested start.
    """
    if not rows:
        raise ProviderResponseError("Stack Exchange sent an empty page although more pages follow.")
    dates = dates_of(rows, sort)
    if dates and spot.start is not None and max(dates[: witnesses(dates)]) < spot.start:
        raise ProviderResponseError("Stack Exchange sent rows from before the requested date.")
    later = [date for date in dates if spot.start is None or date > spot.start]
    if len(later) < witnesses(dates):
        return Spot(spot.start, spot.page + 1)
    start = min(_last(dates))
    return Spot(start if start in later else min(later))


def witnesses(dates: Sequence[int]) -> int:
    """Return the number of rows that must agree on a date: 3 of a full page."""
    return max(1, len(dates) // 32)


def _last(dates: Sequence[int]) -> Sequence[int]:
    """Return the last dates, at least one of which is in its correct position."""
    is_in_order = all(one <= next_ for one, next_ in pairwise(dates))
    return dates[-witnesses(dates) :] if is_in_order else dates[len(dates) // 2 :]


def dates_of(rows: Sequence[bytes | msgspec.Raw], sort: Sort) -> list[int]:
    """Return the dates of all rows that have one, in seconds since 1970."""
    found = (getattr(read_listed(row), _DATES[sort]) for row in rows)
    return [date for date in found if date is not None]


def read_listed(row: bytes | msgspec.Raw) -> Listed:
    try:
        return _STRICT.decode(row)
    except (ValueError, RecursionError):
        pass
    try:
        tree, _ = load_leniently(bytes(row))
    except (ValueError, OverflowError, RecursionError):
        return Listed()
    members = tree if isinstance(tree, dict) else {}
    return Listed(**{name: _whole(members.get(name)) for name in Listed.__struct_fields__})


def _whole(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return value
    return None
