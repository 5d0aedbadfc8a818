"""Pages are read record by record, even with bad records."""

import json
from datetime import UTC

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.providers.contract.base import ProviderResponseError, RejectedRecord
from integrations.providers.parsing.dates import read_date
from integrations.providers.parsing.record_reader import (
    RecordReader,
    load_leniently,
    read_object,
    split_page,
)

FINE = b'{"id": 1, "name": "a, b [c] {d} \\" e"}'
BAD = [
    b'{"id": NaN}',
    b'{"id": "\\ud800"}',
    b'{"id": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    b'{"id": "' + bytes([0xFF, 0xFE]) + b'"}',
    b'{"id": ' + b"9" * 5_000 + b"}",
    b'{"id": tru}',
    b'{"id": "\x00\x01"}',
]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


class Thing(msgspec.Struct):
    id: int
    name: str = ""


READER = RecordReader(Thing, lambda thing: thing if thing.id != 3 else None)


@pytest.mark.parametrize("bad", BAD)
def test_one_bad_record_never_takes_its_neighbours_along(bad):
    page = READER.read_page(b"[" + FINE + b",\n" + bad + b" , " + FINE + b', {"id": 3}]')

    assert [thing.name for thing in page.records] == ['a, b [c] {d} " e'] * 2
    assert [rejected.raw for rejected in page.rejected] == [bad]
    assert page.skipped == 1


def test_a_row_that_is_no_object_is_one_bad_record():
    page = READER.read_page(b"[null, " + FINE + b", []]")

    assert [rejected.raw for rejected in page.rejected] == [b"null", b"[]"]
    assert len(page.records) == 1


@pytest.mark.parametrize("body", [b"\xef\xbb\xbf[" + FINE + b"]", b" \n[" + FINE + b"] \n"])
def test_a_page_may_begin_with_a_byte_order_mark(body):
    assert len(READER.read_page(body).records) == 1


def test_an_empty_list_is_an_empty_page():
    assert READER.read_page(b"[ ]").records == ()


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"{}", b"[", b"]", b"[}", b"[[]", b'["', b'["\\', b"[]]", b"[1],[2]",
     b"x[1]", b"[1]", b"[[]]", b"[null]",
     b"[" * 60 + b"]" * 60, b"[" * 90_000 + b"]" * 90_000,
     b"[" + FINE, b"[" + FINE + b",", b"[" + FINE[:-1], b"<html>[1]</html>", b'"[1]"', b"null",
     b"[" * 100_000],
)  # fmt: skip
def test_what_is_no_complete_list_is_a_failure(body):
    with pytest.raises(ProviderResponseError):
        split_page(body)


@settings(max_examples=25)
@given(st.lists(st.dictionaries(st.text(), JSON), max_size=5))
def test_every_list_is_split_into_its_elements(values):
    body = json.dumps(values).encode()  # with NaN and lone surrogates, as hypothesis likes them

    raws = [json.loads(bytes(raw)) for raw in split_page(body)]

    assert repr(raws) == repr(json.loads(body))


@given(st.binary())
def test_no_bytes_bring_a_reader_down(raw):
    record, _ = READER.read(raw)

    assert isinstance(record, RejectedRecord | Thing | None)


@settings(max_examples=25)
@given(JSON)
def test_whatever_is_loaded_leniently_can_be_stored(value):
    tree, _ = load_leniently(json.dumps(value).encode())

    stored = json.dumps(tree, ensure_ascii=False, allow_nan=False).encode()
    assert load_leniently(stored) == (tree, 0)


def test_replacements_are_counted_in_keys_too():
    assert load_leniently(b'{"a\\ud800": ["\\u0000", "b"]}') == ({"a\ufffd": ["\ufffd", "b"]}, 2)


def test_brackets_in_text_are_not_depth():
    assert load_leniently(json.dumps({"a": "[" * 1_000}).encode())


def test_an_endless_string_is_read_in_one_go():
    """With quadratic time this would take hours."""
    with pytest.raises(ProviderResponseError):
        split_page(b'["' + b'\\"' * 200_000)


def test_a_rejected_record_has_a_stable_id():
    assert READER.read(b'{"id": "x"}')[0].source_id == "x"
    assert READER.read(b"nonsense")[0].source_id == READER.read(b"nonsense")[0].source_id


@given(st.text() | st.datetimes().map(str) | st.integers() | st.none())
def test_a_date_is_aware_utc_or_none(value):
    date = read_date(value)

    assert date is None or date.tzinfo is UTC


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"id": "x"}', b'{"id"', b"[" * 100_000])
def test_an_object_is_an_object(body):
    assert read_object(b'{"id": 1}', Thing) == Thing(1)

    with pytest.raises(ProviderResponseError):
        read_object(body, Thing)
