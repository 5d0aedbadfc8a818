"""The way through a list that moves while it is read: by its order, never by page numbers.

The next page is what comes at or after the last row of this one. An issue edited meanwhile moves
to the end, where it is met again; nothing shifts out of sight. Only where a whole page has one and
the same second is it turned to the next number within that second.

A row may show a later date than its place: it was edited after the list was put in order, or the
reply comes out of a cache. Going on from such a date would skip all between. So the next page
overlaps the last three rows of this one, or its second half where this one is out of order.
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
    """Where in an ascending list: from this second on, and which page of what lies there."""

    start: int | None = None
    page: int = 1

    def query(self) -> dict[str, object]:
        start = {} if self.start is None else {"min": self.start}
        return {"order": "asc", **start, "page": self.page, "pagesize": PAGE_SIZE}


def next_spot(spot: Spot, rows: Sequence[bytes | msgspec.Raw], sort: Sort) -> Spot:
    """Where a list goes on that has more. Raises where it goes round or backwards."""
    if not rows:
        raise ProviderResponseError("Stack Exchange says that there is more, and sends nothing.")
    dates = dates_of(rows, sort)
    if dates and spot.start is not None and max(dates[: witnesses(dates)]) < spot.start:
        raise ProviderResponseError("Stack Exchange sends what lies before what was asked for.")
    later = [date for date in dates if spot.start is None or date > spot.start]
    if len(later) < witnesses(dates):
        return Spot(spot.start, spot.page + 1)
    start = min(_last(dates))
    return Spot(start if start in later else min(later))


def witnesses(dates: Sequence[int]) -> int:
    """How many rows must agree before their dates are believed: 3 of a full page."""
    return max(1, len(dates) // 32)


def _last(dates: Sequence[int]) -> Sequence[int]:
    """Rows at the end of which one at least stands where its date belongs."""
    is_in_order = all(one <= next_ for one, next_ in pairwise(dates))
    return dates[-witnesses(dates) :] if is_in_order else dates[len(dates) // 2 :]


def dates_of(rows: Sequence[bytes | msgspec.Raw], sort: Sort) -> list[int]:
    """Of all rows that have one."""
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
