"""Sanitising of records that cannot be stored as they are, with one rule per field."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any

from msgspec import structs

from integrations.providers.contract.base import LabelRecord, LinkRecord
from integrations.providers.parsing.limits_and_text import (
    COLOUR,
    EARLIEST,
    MAX_BODY,
    MAX_COUNT,
    MAX_FIELD,
    MAX_ID,
    MAX_NAME,
    MAX_TITLE,
    MAX_WORD,
    are_plausible,
    clean_text,
    clean_url,
    is_plain,
)


def repair(record: Any) -> Any:
    """Return a storable copy of the record."""
    return structs.replace(
        record,
        **{
            name: _REPAIRS[name](record, getattr(record, name))
            for name in record.__struct_fields__
            if name in _REPAIRS
        },
    )


def _text(limit: int) -> Callable[[Any, str], str]:
    return lambda _, value: clean_text(value, limit)[0]


def _identity(_: object, value: str) -> str:
    """Replace an unstorable id by a digest; truncation could make two ids equal."""
    if len(value) <= MAX_ID and is_plain(value):
        return value
    return f"sha256:{sha256(value.encode('utf-8', 'surrogatepass')).hexdigest()[:56]}"


def _parts(_: object, parts: Any) -> Any:
    if isinstance(parts, tuple):
        return tuple(map(repair, parts))
    return repair(parts) if parts is not None else None


def _labels(_: object, labels: tuple[LabelRecord, ...]) -> tuple[LabelRecord, ...]:
    named = {
        (label.kind, clean_text(label.name, MAX_NAME)[0]): label.colour
        for label in labels
        if label.name
    }
    return tuple(
        LabelRecord(name=name, colour=colour if COLOUR.fullmatch(colour) else "", kind=kind)
        for (kind, name), colour in named.items()
    )


def _links(_: object, links: tuple[LinkRecord, ...]) -> tuple[LinkRecord, ...]:
    """Repair links and drop those without a target."""
    repaired = [repair(link) for link in links]
    return tuple(link for link in repaired if link.source_issue_id or link.key or link.url)


def _keys(_: object, keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_identity(None, key) for key in keys if key)


def _date(*instead: str) -> Callable[[Any, datetime], datetime]:
    """Return a rule that takes the first plausible date of the record.

    `instead` names the record's other dates, tried in this order. Never the present time: equal
    replies must give equal rows.
    """

    def choose(record: Any, moment: datetime) -> datetime:
        candidates = (moment, *(getattr(record, name, None) for name in instead))
        return next((each for each in candidates if each and are_plausible(each)), EARLIEST)

    return choose


_REPAIRS: dict[str, Callable[[Any, Any], Any]] = {
    "source_issue_id": _identity,
    "source_comment_id": _identity,
    "source_event_id": _identity,
    "source_person_id": _identity,
    "key": _identity,
    "url": lambda _, url: clean_url(url),
    "title": _text(MAX_TITLE),
    "body": _text(MAX_BODY),
    "source_status": _text(MAX_WORD),
    "type": _text(MAX_WORD),
    "priority": _text(MAX_WORD),
    "field": _text(MAX_FIELD),
    "from_value": _text(MAX_TITLE),
    "to_value": _text(MAX_TITLE),
    "login": _text(MAX_NAME),
    "display_name": _text(MAX_NAME),
    "author": _parts,
    "actor": _parts,
    "issue": _parts,
    "assignees": _parts,
    "labels": _labels,
    "links": _links,
    "previous_keys": _keys,
    "email": lambda _, email: email if len(email) <= MAX_NAME and is_plain(email) else "",
    "comment_count": lambda _, n: n if n is not None and 0 <= n <= MAX_COUNT else None,
    "opened_at": _date("source_updated_at", "closed_at"),
    "closed_at": lambda _, moment: moment if are_plausible(moment) else None,
    "commented_at": _date("source_updated_at"),
    "occurred_at": _date(),
    "source_updated_at": _date("closed_at", "commented_at", "opened_at"),
}
