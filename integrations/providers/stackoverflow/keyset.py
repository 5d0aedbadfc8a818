"""The way through a list that moves while it is read: by its order, never by page numbers.

The next page is what comes at or after the last row of this one. An issue edited meanwhile moves
to the end, where it is met again; nothing shifts out of sight. Only where a whole page has one and
the same second is it turned to the next number within that second.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from integrations.providers.base import ProviderResponseError
from integrations.providers.reading import load_leniently
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
    dates = dates_of(rows, sort)
    if not rows:
        raise ProviderResponseError("Stack Exchange says that there is more, and sends nothing.")
    if dates and spot.start is not None and min(dates) < spot.start:
        raise ProviderResponseError("Stack Exchange sends what lies before what was asked for.")
    if dates and (spot.start is None or max(dates) > spot.start):
        return Spot(max(dates))
    return Spot(spot.start, spot.page + 1)


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
