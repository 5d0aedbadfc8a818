"""Any list as a file: CSV for spreadsheets, NDJSON for programs, written while it is read.

Only a part of the file is in memory at any time. A file that breaks off must not look whole: the
connection is then cut without the end that HTTP wants, and the last line of NDJSON is missing.

CSV is opened by programs that compute. Wherever a cell of text could begin (at its start, and
after a separator, a quote or a line break, for those who split by semicolons or lines) what would
begin a formula gets an apostrophe before it: https://owasp.org/www-community/attacks/CSV_Injection
"""

import csv
import re
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from types import NoneType
from typing import Any, cast

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from drf_spectacular.types import OpenApiTypes
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from accounts import audit, slots
from accounts.audit import AuditRecord
from accounts.models import Slot, User
from diip.common.errors import TooManyRequests
from diip.common.http_api.renderers import encode_json
from issues.queries.filters import Parameter, one_of

CSV, NDJSON = "csv", "ndjson"
FORMAT = Parameter(
    "format",
    one_of(CSV, NDJSON),
    "csv: for spreadsheets. ndjson: one JSON object a line, for programs; its last line is "
    '`{"complete": true, "rows": …}`, and a file without it is not whole.',
    {"type": "string", "enum": [CSV, NDJSON], "default": CSV},
)
CONTENT_TYPES: Mapping[str, str] = {CSV: "text/csv", NDJSON: "application/x-ndjson"}
EXPORTED = {(200, content_type): OpenApiTypes.STR for content_type in CONTENT_TYPES.values()}
"""What OpenAPI says of an export's answer."""
EXPORTED_LINES = {(200, CONTENT_TYPES[NDJSON]): OpenApiTypes.STR}

AT_ONCE = 2
"""Exports of all users, in all web processes: each holds a thread while it is written."""
SLOT_SECONDS = 120
"""A killed process leaves its slot taken for so long; one that writes prolongs it."""
RETRY_SECONDS = 10
PART = 64 * 1024
"""Bytes that are sent together."""
_BOM = "\ufeff"
"""Without it Excel takes UTF-8 for its own old code page."""
_FORMULA = "=+\\-@\uff1d\uff0b\uff0d\uff20"  # also their full-width forms
_BLANKS = r"[^\S\t\r\n]*"
_RISKY_START = re.compile(rf"[\t\r\n]|{_BLANKS}[{_FORMULA}]")
_RISKY_INSIDE = re.compile(rf'([,;\t\r\n"])(?={_BLANKS}[{_FORMULA}])')

Row = Sequence[object]


class AnyTypeRenderer(BaseRenderer):
    """For views that export: the format is asked for by name, whatever is accepted."""

    media_type = "*/*"
    format = "any"


def chosen_format(values: Mapping[str, list[Any]]) -> str:
    """Of `values` that were read with FORMAT among the parameters."""
    return str(values.get(FORMAT.name, [CSV])[0])


def stream_rows(
    request: Request, name: str, columns: Sequence[str], rows: Iterable[Row], file_format: str
) -> StreamingHttpResponse:
    """`rows` are read as the server takes them, and no further once the client is gone.

    Raises TooManyRequests where as many exports as may be are under way.
    """
    write = {CSV: _write_csv, NDJSON: _write_ndjson}[file_format]
    return _download(request, name, write(columns, rows), file_format)


def stream_lines(
    request: Request, name: str, lines: Iterable[Mapping[str, object]]
) -> StreamingHttpResponse:
    """The same for what has no common columns: NDJSON, each line as it is given."""
    return _download(request, name, _write_lines(lines), NDJSON)


def _download(
    request: Request, name: str, written: Iterable[bytes], file_format: str
) -> StreamingHttpResponse:
    is_read = request.method != "HEAD"
    parts = _Parts(_in_parts(written), _take_slot()) if is_read else iter(())
    if is_read:
        _record(request, name, file_format)
    response = StreamingHttpResponse(
        parts, content_type=f"{CONTENT_TYPES[file_format]}; charset=utf-8"
    )
    file_name = f"{slugify(name)[:80] or 'export'}-{timezone.now():%Y%m%dT%H%M%SZ}.{file_format}"
    response["Content-Disposition"] = content_disposition_header(True, file_name)
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _record(request: Request, name: str, file_format: str) -> None:
    """In the trail: which filters, not what for, as that may be people's names."""
    asked = {"format": file_format, "filters": sorted(request.query_params)}
    project_id = request.parser_context["kwargs"].get("project_id")
    audit.record(
        cast("User", request.user), AuditRecord("export.taken", name, project_id, details=asked)
    )


class _Parts:
    """The file, and the slot that is held until it is written or the client is gone."""

    def __init__(self, parts: Generator[bytes, None, None], slot: Slot) -> None:
        self._parts, self._slot = parts, slot
        self._is_over = False
        self._prolong_at = time.monotonic() + SLOT_SECONDS / 4

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if time.monotonic() >= self._prolong_at:
            slots.prolong(self._slot, seconds=SLOT_SECONDS)
            self._prolong_at = time.monotonic() + SLOT_SECONDS / 4
        try:
            return next(self._parts)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Read no further, even where somebody asks for more."""
        if not self._is_over:
            self._is_over = True
            self._parts.close()
            slots.give_back(self._slot)


def _take_slot() -> Slot:
    slot = slots.take([f"export:{number}" for number in range(AT_ONCE)], seconds=SLOT_SECONDS)
    if slot is None:
        raise TooManyRequests(
            f"{AT_ONCE} exports are under way, as many as may be at once. Try again in a moment.",
            retry_after=RETRY_SECONDS,
        )
    return slot


def _in_parts(lines: Iterable[bytes]) -> Generator[bytes, None, None]:
    part = bytearray()
    for line in lines:
        part += line
        if len(part) >= PART:
            yield bytes(part)
            part.clear()
    if part:
        yield bytes(part)


# --- NDJSON --------------------------------------------------------------------------------------


def _write_ndjson(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    return _write_lines(dict(zip(columns, row, strict=True)) for row in rows)


def _write_lines(lines: Iterable[Mapping[str, object]]) -> Iterator[bytes]:
    count = 0
    for line in lines:
        count += 1
        yield encode_json(line) + b"\n"
    yield encode_json({"complete": True, "rows": count}) + b"\n"


# --- CSV -----------------------------------------------------------------------------------------


class _Line:
    """What `csv` writes to: it keeps nothing."""

    def write(self, text: str) -> str:
        return text


def _write_csv(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    # Its defaults are RFC 4180: a comma, CRLF, quotes where they are needed.
    line: Callable[[Iterable[str]], Any] = csv.writer(_Line()).writerow
    yield (_BOM + line(columns)).encode()
    for row in rows:
        yield line(map(cell, row)).encode(errors="replace")


def cell(value: object) -> str:
    """A value as CSV has it; a number stays one, a list is separated by semicolons."""
    form = _FORMS.get(type(value))
    return form(value) if form else _harmless(str(value))


def _in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _harmless(text: str) -> str:
    if not text or text.isalnum():
        return text
    text = _RISKY_INSIDE.sub(r"\1'", text.replace("\0", "\ufffd"))
    return f"'{text}" if _RISKY_START.match(text) else text


_FORMS: Mapping[type, Callable[[Any], str]] = {
    NoneType: lambda _: "",
    bool: lambda value: "true" if value else "false",
    int: str,
    float: str,
    Decimal: str,
    datetime: _in_utc,
    date: date.isoformat,
    list: lambda values: _harmless(";".join(map(str, values))),
}
