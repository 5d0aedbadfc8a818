"""Faults of the body: what is sent is not what the API promises."""

import zlib
from collections.abc import Callable
from functools import cache

import msgspec

from simulator.web import Reply, weak_etag

from .faulty import Case, Fault
from .rows import Row, place_of, rows_of, text_place

MEGABYTE = 1024 * 1024
_MARK = "\ue000mark\ue000"


# --- whole bodies -------------------------------------------------------------------------------


def _with_body(make: Callable[[Case], bytes]) -> Fault:
    def fault(case: Case) -> Reply:
        reply = case.serve()
        if reply.status == 200:
            reply.replace_body(make(case))
            reply.headers["ETag"] = weak_etag(reply.body[:1000])
        return reply

    fault.__doc__ = make.__doc__
    return fault


def html(case: Case) -> Reply:
    """A page for people instead of JSON, with 200."""
    body = b"<!DOCTYPE html><html><body>We are down for maintenance.</body></html>"
    return Reply(200, body, {"Content-Type": "text/html; charset=utf-8"})


def broken_row(case: Case) -> Reply:
    """Every list that holds the row with this `id` stops in the middle, with 200."""
    reply = case.serve()
    if reply.status == 200:
        content = msgspec.json.decode(reply.plain_body())
        if any(row["id"] == case.options["id"] for row in rows_of(content) or ()):
            reply.replace_body(reply.plain_body()[:-20])
    return reply


def _empty(_: Case) -> bytes:
    """200 and not a byte."""
    return b""


def _object(_: Case) -> bytes:
    """A JSON object where a list belongs."""
    return b'{"message": "All is well", "items": []}'


def _huge(case: Case) -> bytes:
    """A body of `megabytes` (50)."""
    size = int(case.options.get("megabytes", 50)) * MEGABYTE
    return b'[{"body": "' + b"x" * size + b'"}]'


def _deep(case: Case) -> bytes:
    """Lists in lists, `levels` (100,000) deep."""
    levels = int(case.options.get("levels", 100_000))
    return b"[" * levels + b"]" * levels


def gzip_bomb(case: Case) -> Reply:
    """A hundred kilobytes that unpack to `megabytes` (100)."""
    reply = case.serve()
    if reply.status == 200:
        reply.replace_body(_bomb(int(case.options.get("megabytes", 100))))
        reply.headers["Content-Encoding"], reply.encoded = "gzip", True
    return reply


@cache
def _bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    parts = [
        packer.compress(b"[" if first == 0 else b" " * MEGABYTE) for first in range(megabytes + 1)
    ]
    return b"".join([*parts, packer.compress(b"]"), packer.flush()])


# --- bytes and records --------------------------------------------------------------------------


def _edited(
    edit: Callable[[Row, Case], None], write: Callable[[bytes], bytes] = lambda b: b
) -> Fault:
    """Change the record at `row` (0) of the list, wherever it lies, or the one there is."""

    def fault(case: Case) -> Reply:
        reply = case.serve()
        if reply.status != 200:
            return reply
        content = msgspec.json.decode(reply.plain_body())
        found = rows_of(content)
        rows = [content] if found is None else found
        if rows:
            edit(rows[int(case.options.get("row", 0)) % len(rows)], case)
        reply.replace_body(write(msgspec.json.encode(content)))
        reply.headers["ETag"] = weak_etag(reply.body)
        return reply

    fault.__doc__ = edit.__doc__
    return fault


def _mark(row: Row, _: Case) -> None:
    holder, field = text_place(row)
    holder[field] = f"{holder.get(field)} {_MARK} end"


def _mark_number(row: Row, _: Case) -> None:
    row["comments" if "comments" in row else "id"] = _MARK


def _bad_utf8(row: Row, case: Case) -> None:
    """A byte that is no UTF-8 in a record's text."""
    _mark(row, case)


def _nul(row: Row, case: Case) -> None:
    r"""A \u0000 in a record's text."""
    _mark(row, case)


def _surrogate(row: Row, case: Case) -> None:
    r"""A lone \ud800 in a record's text."""
    _mark(row, case)


def _nan(row: Row, case: Case) -> None:
    """NaN where a number belongs."""
    _mark_number(row, case)


def _big_number(row: Row, case: Case) -> None:
    """A number of 5,000 digits."""
    _mark_number(row, case)


def _bom(row: Row, case: Case) -> None:
    """A byte-order mark in front of the JSON."""


def _written(mark: bytes) -> Callable[[bytes], bytes]:
    return lambda body: body.replace(_MARK.encode(), mark)


def _number_written(digits: bytes) -> Callable[[bytes], bytes]:
    return lambda body: body.replace(b'"' + _MARK.encode() + b'"', digits)


def _missing_field(row: Row, case: Case) -> None:
    """A record without the field `field` (id)."""
    holder, field = place_of(row, str(case.options.get("field", "id")))
    holder.pop(field, None)


def _null_field(row: Row, case: Case) -> None:
    """A record with null in the field `field` (created_at)."""
    holder, field = place_of(row, str(case.options.get("field", "created_at")))
    holder[field] = None


def _unknown_enum(row: Row, case: Case) -> None:
    """A record with a `state`, a status, or a kind of event, that nobody knows."""
    value = str(case.options.get("value", "pondering"))
    holder, field = place_of(row, "event" if "event" in row else "state")
    if field == "status":
        category = {"id": 99, "key": value, "name": value.title(), "colorName": "brown"}
        holder[field] = {"id": "10099", "name": value.title(), "statusCategory": category}
    else:
        holder[field] = value


def _string_id(row: Row, _: Case) -> None:
    """A record whose id is text."""
    row["id"] = f"id-{row.get('id')}"


def _value(row: Row, case: Case) -> None:
    """A record with any JSON `value` in `field`."""
    holder, field = place_of(row, str(case.options["field"]))
    holder[field] = case.options.get("value")


def _date(row: Row, case: Case) -> None:
    """An impossible time: `value` (0000-01-01T00:00:00Z) in `field` (updated_at)."""
    holder, field = place_of(row, str(case.options.get("field", "updated_at")))
    holder[field] = str(case.options.get("value", "0000-01-01T00:00:00Z"))


BODY_FAULTS: dict[str, Fault] = {
    "html": html,
    "broken_row": broken_row,
    "empty": _with_body(_empty),
    "object": _with_body(_object),
    "huge": _with_body(_huge),
    "deep": _with_body(_deep),
    "gzip_bomb": gzip_bomb,
    "bad_utf8": _edited(_bad_utf8, _written(b"\xff\xfe")),
    "nul": _edited(_nul, _written(b"\\u0000")),
    "surrogate": _edited(_surrogate, _written(b"\\ud800")),
    "nan": _edited(_nan, _number_written(b"NaN")),
    "big_number": _edited(_big_number, _number_written(b"7" * 5_000)),
    "bom": _edited(_bom, lambda body: b"\xef\xbb\xbf" + body),
    "missing_field": _edited(_missing_field),
    "null_field": _edited(_null_field),
    "unknown_enum": _edited(_unknown_enum),
    "string_id": _edited(_string_id),
    "value": _edited(_value),
    "date": _edited(_date),
}
