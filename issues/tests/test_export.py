"""Export files: escaped for spreadsheets, complete for programs."""

import csv
import io
import itertools
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from django.test import RequestFactory
from rest_framework.request import Request

from accounts.models import User
from issues.queries.export import PART, cell, stream_rows

pytestmark = pytest.mark.django_db


def make_request(method: str = "get") -> Request:
    request = Request(RequestFactory().generic(method.upper(), "/"), parser_context={"kwargs": {}})
    request.user = User.objects.get_or_create(email="ann@example.com")[0]
    return request


def body(response) -> bytes:
    return b"".join(response.streaming_content)


def csv_of(*rows: tuple[object, ...]) -> str:
    columns = [f"c{place}" for place in range(len(rows[0]))]
    return body(stream_rows(make_request(), "rows", columns, rows, "csv")).decode("utf-8-sig")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (0, "0"),
        (-5, "-5"),
        (-0.5, "-0.5"),
        ("plain", "plain"),
        ("a\0b", "a\ufffdb"),
        (["bug", "ui"], "bug;ui"),
        ([], ""),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, 12, tzinfo=UTC), "2026-01-31T12:00:00Z"),
    ],
)
def test_value_format(value, text):
    assert cell(value) == text


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t'=1"),
        ("\rx", "'\rx"),
        ("\nx", "'\nx"),
        ("  =1", "'  =1"),
        ("\u00a0=1", "'\u00a0=1"),
        ("\uff1d1", "'\uff1d1"),
        ("a;=1", "a;'=1"),
        ("a,=1", "a,'=1"),
        ("a, =1", "a,' =1"),
        ("a\t-1", "a\t'-1"),
        ('a"=1', "a\"'=1"),
        ('"=1', "\"'=1"),
        ("a\r\n=1", "a\r\n'=1"),
        (["ui", "=1"], "ui;'=1"),
    ],
)
def test_formula_cells_are_escaped(typed, shown):
    assert cell(typed) == shown


@pytest.mark.parametrize("typed", ["a=1", "a - b", "x@example.com", "C++", "#45", "ABC-12", "'x"])
def test_harmless_text_is_unchanged(typed):
    assert cell(typed) == typed


def test_csv_quoting_follows_rfc_4180():
    written = csv_of(('say "a", b', "two\nlines", 3), ("", "ä", None))

    assert written == 'c0,c1,c2\r\n"say ""a"", b","two\nlines",3\r\n,ä,\r\n'
    assert list(csv.reader(io.StringIO(written, newline="")))[1:] == [
        ['say "a", b', "two\nlines", "3"],
        ["", "ä", ""],
    ]


def test_csv_starts_with_a_byte_order_mark():
    assert (
        body(stream_rows(make_request(), "rows", ["é"], [], "csv")) == b"\xef\xbb\xbf\xc3\xa9\r\n"
    )


def test_lone_surrogate_is_replaced():
    assert csv_of(("a\ud800b",)).splitlines() == ["c0", "a?b"]


def test_ndjson_keeps_every_value_and_ends_with_a_marker():
    rows = [("=1", ["a", "b"], None, -1, "nul\0"), ("x", [], True, 0.5, "")]

    lines = body(stream_rows(make_request(), "rows", "abcde", rows, "ndjson")).decode().splitlines()

    assert [json.loads(line) for line in lines] == [
        {"a": "=1", "b": ["a", "b"], "c": None, "d": -1, "e": "nul\0"},
        {"a": "x", "b": [], "c": True, "d": 0.5, "e": ""},
        {"complete": True, "rows": 2},
    ]


@pytest.mark.parametrize("file_format", ["csv", "ndjson"])
def test_interrupted_file_has_no_end_marker(file_format):
    def rows() -> Iterator[tuple[object, ...]]:
        yield ("first",)
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError):
        body(stream_rows(make_request(), "rows", ["a"], rows(), file_format))


@pytest.mark.parametrize("file_format", ["csv", "ndjson"])
def test_disconnected_client_stops_the_reading(file_format):
    read = itertools.count()
    rows = ((next(read), "x" * 100) for _ in range(10**9))
    response = stream_rows(make_request(), "rows", ["n", "text"], rows, file_format)

    parts = iter(response.streaming_content)
    first = next(parts)
    response.close()

    assert len(first) >= PART
    assert next(read) <= PART / 100
    assert list(itertools.islice(parts, 1)) == []


def test_head_reads_no_rows():
    rows = iter([(1,)])

    assert body(stream_rows(make_request("head"), "rows", ["a"], rows, "csv")) == b""
    assert next(rows) == (1,)


@pytest.mark.parametrize(
    ("name", "file_name"),
    [
        ("Core issues", "core-issues"),
        ('a"; filename=x.exe\r\nX-Evil: 1/../..', "a-filenamexexe-x-evil-1"),
        ("Проект", "export"),
        ("x" * 200, "x" * 80),
    ],
)
def test_file_name_is_sanitized(name, file_name):
    disposition = stream_rows(make_request(), name, ["a"], [], "csv")["Content-Disposition"]

    assert disposition.startswith(f'attachment; filename="{file_name}-20')
    assert disposition.endswith('Z.csv"')
