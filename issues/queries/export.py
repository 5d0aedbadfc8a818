"""Streaming export of lists: CSV for spreadsheets, NDJSON for programs.

Only a part of the file is in memory at a time. An interrupted file must not look complete: the
connection is closed without the HTTP terminator, and NDJSON lacks its last line.

Spreadsheets evaluate CSV cells. Text that could start a formula gets an apostrophe in front: at the
start of a cell, and after a separator, quote or line break, for programs that split differently:
https://owasp.org/www-community/attacks/CSV_Injection
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
    "csv: for spreadsheets. ndjson: one JSON object per line, for programs; its last line is "
    '`{"complete": true, "rows": …}`; a file without it is incomplete.',
    {"type": "string", "enum": [CSV, NDJSON], "default": CSV},
)
CONTENT_TYPES: Mapping[str, str] = {CSV: "text/csv", NDJSON: "application/x-ndjson"}
EXPORTED = {(200, content_type): OpenApiTypes.STR for content_type in CONTENT_TYPES.values()}
"""OpenAPI response of an export."""
EXPORTED_LINES = {(200, CONTENT_TYPES[NDJSON]): OpenApiTypes.STR}

AT_ONCE = 2
"""Concurrent exports of all users in all web processes; each occupies a thread."""
SLOT_SECONDS = 120
"""Seconds until a killed process's slot is free; running exports renew theirs."""
RETRY_SECONDS = 10
PART = 64 * 1024
"""Bytes sent together."""
_BOM = "\ufeff"
"""Byte order mark: without it, Excel assumes its legacy code page."""
_FORMULA = "=+\\-@\uff1d\uff0b\uff0d\uff20"  # and their full-width forms
_BLANKS = r"[^\S\t\r\n]*"
_RISKY_START = re.compile(rf"[\t\r\n]|{_BLANKS}[{_FORMULA}]")
_RISKY_INSIDE = re.compile(rf'([,;\t\r\n"])(?={_BLANKS}[{_FORMULA}])')

Row = Sequence[object]


class AnyTypeRenderer(BaseRenderer):
    """Renderer for any `Accept` type: the format is a query parameter."""

    media_type = "*/*"
    format = "any"


def chosen_format(values: Mapping[str, list[Any]]) -> str:
    """Return the format from values that were read with the FORMAT parameter."""
    return str(values.get(FORMAT.name, [CSV])[0])


def stream_rows(
    request: Request, name: str, columns: Sequence[str], rows: Iterable[Row], file_format: str
) -> StreamingHttpResponse:
    """Stream `rows` as the client reads them; stop when it disconnects.

    Raises TooManyRequests if the limit of concurrent exports is reached.
    """
    write = {CSV: _write_csv, NDJSON: _write_ndjson}[file_format]
    return _download(request, name, write(columns, rows), file_format)


def stream_lines(
    request: Request, name: str, lines: Iterable[Mapping[str, object]]
) -> StreamingHttpResponse:
    """Stream rows without common columns as NDJSON, each line unchanged."""
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
    """Audit the export, without filter values, which may be names."""
    details = {"format": file_format, "filters": sorted(request.query_params)}
    project_id = request.parser_context["kwargs"].get("project_id")
    audit.record(
        cast("User", request.user), AuditRecord("export.taken", name, project_id, details=details)
    )


class _Parts:
    """Parts of the file; holds the slot until the end or disconnect."""

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
        """Stop reading permanently and release the slot."""
        if not self._is_over:
            self._is_over = True
            self._parts.close()
            slots.give_back(self._slot)


def _take_slot() -> Slot:
    slot = slots.take([f"export:{number}" for number in range(AT_ONCE)], seconds=SLOT_SECONDS)
    if slot is None:
        raise TooManyRequests(
            f"{AT_ONCE} exports are running, which is the maximum. Try again in a moment.",
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
    """Target of `csv` that returns the line without storing it."""

    def write(self, text: str) -> str:
        return text


def _write_csv(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    # The defaults follow RFC 4180: comma, CRLF, quotes where needed.
    line: Callable[[Iterable[str]], Any] = csv.writer(_Line()).writerow
    yield (_BOM + line(columns)).encode()
    for row in rows:
        yield line(map(cell, row)).encode(errors="replace")


def cell(value: object) -> str:
    """Format a value for CSV: numbers unchanged, lists joined by semicolons."""
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
