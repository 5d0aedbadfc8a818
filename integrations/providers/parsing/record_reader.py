"""Reading of pages record by record, so that a bad record does not affect others.

A record is first decoded strictly and fast; if that fails, leniently (bad UTF-8, lone surrogates,
NaN, impossible dates); if that fails too, it is rejected with its raw bytes.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Generic, TypeVar

import msgspec

from integrations.providers.contract.base import Page, ProviderResponseError, RejectedRecord
from integrations.providers.parsing.dates import read_date
from integrations.providers.parsing.limits_and_text import REPLACEMENT, UNSTORABLE

MAX_DEPTH = 50
MAX_DELIVERED_VALUES = 50_000
_MAX_DIGITS = 19
# Matches whole strings, even unterminated ones, so that brackets inside them do not count.
_TOKEN = re.compile(rb'"(?:[^"\\]+|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]|,', re.DOTALL)
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?+', re.DOTALL)
_NO_MARKS = bytes(set(range(256)) - set(b",[]{}"))
_STRICT_PAGE = msgspec.json.Decoder(list[msgspec.Raw])
_STRICT_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])

Payload = TypeVar("Payload", bound=msgspec.Struct)
Mapped = TypeVar("Mapped")


class Unmappable(ValueError):
    """Error: a record has an impossible value. The text names the field, quotes no data."""


class TooManyValues(ValueError):
    """Error: a delivery has too many values; parsing it would take seconds."""


class RecordReader(Generic[Payload, Mapped]):
    """Mapper of one feed's raw records to contract records.

    `to_record` returns None for rows to skip (a pull request) and raises Unmappable.
    `dates` names fields parsed leniently if strict decoding fails.
    """

    def __init__(
        self,
        payload: type[Payload],
        to_record: Callable[[Payload], Mapped | None],
        *,
        dates: tuple[str, ...] = (),
    ) -> None:
        self._payload = payload
        self._decode = msgspec.json.Decoder(payload).decode
        self._to_record = to_record
        self._dates = dates

    def read_page(self, body: bytes) -> Page[Mapped]:
        """Map a page. Raises ProviderResponseError if the body is no complete JSON list."""
        return self.read_rows(split_page(body))

    def read_rows(self, rows: Iterable[bytes | msgspec.Raw]) -> Page[Mapped]:
        """Map the rows of a page that is already split."""
        records: list[Mapped] = []
        rejected = []
        skipped = repaired = 0
        for raw in rows:
            record, repairs = self.read(raw)
            repaired += repairs
            if record is None:
                skipped += 1
            elif isinstance(record, RejectedRecord):
                rejected.append(record)
            else:
                records.append(record)
        return Page(
            records=tuple(records), rejected=tuple(rejected), skipped=skipped, repaired=repaired
        )

    def read(self, raw: bytes | msgspec.Raw) -> tuple[Mapped | RejectedRecord | None, int]:
        """Map one record; return (record, rejection or None, number of replaced values)."""
        try:
            return self._to_record(self._decode(raw)), 0
        except (ValueError, OverflowError, RecursionError):
            return self._read_leniently(bytes(raw))

    def _read_leniently(self, raw: bytes) -> tuple[Mapped | RejectedRecord | None, int]:
        tree: object = None
        try:
            tree, repairs = load_leniently(raw)
            if isinstance(tree, dict):
                repairs += _read_dates(tree, self._dates)
            return self._to_record(msgspec.convert(tree, self._payload)), repairs
        except (Unmappable, msgspec.ValidationError) as error:
            reason = str(error)
        except (ValueError, OverflowError):
            reason = "It is not valid JSON."
        return RejectedRecord(source_id=_source_id(tree, raw), reason=reason, raw=raw), 0


def read_object(body: bytes, kind: type[Payload]) -> Payload:
    """Parse a reply. Raises ProviderResponseError if it is no JSON object of `kind`."""
    try:
        return msgspec.convert(load_leniently(body)[0], kind)
    except (ValueError, OverflowError):
        raise ProviderResponseError(
            "The tracker did not send the JSON that its API specifies."
        ) from None


def read_delivery(body: bytes, kind: type[Payload]) -> Payload:
    """Parse a pushed body in bounded time. Raises TooManyValues, ProviderResponseError."""
    marks = _STRING.sub(b"", body).translate(None, _NO_MARKS)
    if len(marks) > MAX_DELIVERED_VALUES:
        raise TooManyValues(
            f"A delivery may hold {MAX_DELIVERED_VALUES:,} values; the next sync finds its changes."
        )
    return read_object(body, kind)


def split_page(body: bytes) -> Sequence[bytes | msgspec.Raw]:
    """Split a JSON list into raw records. Raises ProviderResponseError for anything else."""
    records: Sequence[bytes | msgspec.Raw]
    try:
        records = _STRICT_PAGE.decode(body)
    except (msgspec.DecodeError, RecursionError):
        records = _split_leniently(body.removeprefix(b"\xef\xbb\xbf").strip())
    # A single bad row is rejected later; a list without any object is not a page.
    if records and not any(bytes(record).startswith(b"{") for record in records):
        raise not_a_page()
    return records


def split_object(
    body: bytes, name: str
) -> tuple[Sequence[bytes | msgspec.Raw], Mapping[str, bytes | msgspec.Raw]]:
    """Split the list under `name`; return its raw records and the object's other members.

    Raises ProviderResponseError if the body is no complete JSON object with such a list.
    """
    members: dict[str, bytes | msgspec.Raw]
    try:
        members = dict(_STRICT_OBJECT.decode(body))
    except (msgspec.DecodeError, RecursionError):
        members = _members_leniently(body)
    if name not in members:
        raise not_a_page()
    return split_page(bytes(members.pop(name))), members


def _members_leniently(body: bytes) -> dict[str, bytes | msgspec.Raw]:
    try:
        tree, _ = load_leniently(body)
        if isinstance(tree, dict):
            return {name: msgspec.json.encode(value) for name, value in tree.items()}
    except (ValueError, OverflowError, RecursionError):
        pass
    raise not_a_page()


def load_leniently(raw: bytes) -> tuple[object, int]:
    """Parse JSON tolerantly; return (tree, number of replacements). Raises ValueError."""
    if _is_too_deep(raw):
        raise Unmappable(f"It is nested deeper than {MAX_DEPTH} levels.")
    text = raw.decode("utf-8-sig", "replace")
    repairs = text.count("\ufffd") - raw.count(b"\xef\xbf\xbd")
    tree = json.loads(
        text,
        strict=False,
        parse_int=lambda digits: int(digits) if len(digits) <= _MAX_DIGITS else None,
        parse_float=lambda digits: number if math.isfinite(number := float(digits)) else None,
        parse_constant=lambda _: None,
    )
    cleaned, replaced = _clean_tree(tree)
    return cleaned, repairs + replaced


def _read_dates(tree: dict[str, object], names: tuple[str, ...]) -> int:
    """Parse the named dates in place; return the number of invalid ones."""
    lost = 0
    for name in names:
        if isinstance(tree.get(name), str):
            tree[name] = read_date(tree[name])
            lost += tree[name] is None
    return lost


def _split_leniently(body: bytes) -> list[bytes]:
    """Split at the commas between records, even if records are invalid JSON."""
    records = []
    depth, start, end = 0, 1, 0
    for token in _TOKEN.finditer(body):
        mark = token.group()
        if depth == 0 and (mark != b"[" or token.start() > 0):
            break  # not a list, or data after it
        if mark in b"[{":
            depth += 1
        elif mark in b"]}":
            depth -= 1
        if (mark == b"," and depth == 1) or depth == 0:
            end = token.end()
            records.append(body[start : end - 1].strip())
            start = end
    if depth != 0 or end != len(body) or not body.endswith(b"]"):
        raise not_a_page()
    return [] if records == [b""] else records


def not_a_page(again_at: str = "") -> ProviderResponseError:
    return ProviderResponseError(
        "The tracker sent a page that is not a complete list of records. DIIP tries again.",
        again_at=again_at,
    )


def _is_too_deep(raw: bytes) -> bool:
    depth = 0
    for token in _TOKEN.finditer(raw):
        mark = token.group()
        if mark in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif mark in b"]}":
            depth -= 1
    return False


def _clean_tree(value: object) -> tuple[object, int]:
    """Replace NUL and lone surrogates in all strings, including keys."""
    if isinstance(value, str):
        return UNSTORABLE.subn(REPLACEMENT, value)
    if isinstance(value, list):
        pairs = [_clean_tree(each) for each in value]
        return [pair[0] for pair in pairs], sum(pair[1] for pair in pairs)
    if isinstance(value, dict):
        keys, replaced = _clean_tree(list(value))
        values, more = _clean_tree(list(value.values()))
        return dict(zip(keys, values, strict=True)), replaced + more  # type: ignore[call-overload]
    return value, 0


def _source_id(tree: object, raw: bytes) -> str:
    own = tree.get("id") if isinstance(tree, dict) else None
    if isinstance(own, int | str) and 0 < len(str(own)) <= 64:
        return str(own)
    return f"sha256:{sha256(raw).hexdigest()[:32]}"
