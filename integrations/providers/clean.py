"""The one door for text from outside: what leaves here can be stored and shown anywhere.

Every record of every provider passes `clean_record`. Most are fine and come back as they are.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar

from msgspec import structs

from integrations.providers.base import (
    CommentRecord,
    FeedRecord,
    IssueRecord,
    IssueRef,
    LabelRecord,
    PersonRecord,
    TransitionRecord,
)

AnyRecord = TypeVar("AnyRecord", bound=FeedRecord | PersonRecord)

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
CUT_MARK = "…"

# As wide as the columns; where a column has no width, bounds of sanity.
MAX_ID = 64
MAX_NAME = 255
MAX_WORD = 100
MAX_FIELD = 32
MAX_URL = 500
MAX_TITLE = 1_000
MAX_BODY = 1_000_000
MAX_COUNT = 2**31 - 1

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LEAD = timedelta(days=1)  # a tracker's clock may run ahead of ours by this much

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_COLOUR = re.compile("(?:[0-9a-fA-F]{6})?")


def clean_text(value: str, limit: int) -> tuple[str, bool]:
    """Storable text of at most `limit` characters, and whether it had to be changed."""
    cleaned = value if _is_plain(value) else UNSTORABLE.sub(REPLACEMENT, value)
    if len(cleaned) > limit:
        cleaned = cleaned[: limit - len(CUT_MARK)] + CUT_MARK
    return cleaned, cleaned is not value


def clean_url(url: str) -> str:
    """The address, or nothing where it is none that may become a link."""
    return url if _is_url(url) else ""


def clean_record(record: AnyRecord) -> tuple[AnyRecord, int]:
    """The record as it can be stored, and how many of its fields had to be changed."""
    if _IS_FINE[type(record)](record):
        return record, 0
    repaired: AnyRecord = _repair(record)
    fields = record.__struct_fields__
    return repaired, sum(getattr(record, name) != getattr(repaired, name) for name in fields)


# --- what is fine: written out, since it runs for every record and nearly always finds nothing --


def _is_plain(text: str) -> bool:
    if "\x00" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _issue_is_fine(record: IssueRecord) -> bool:
    names = (record.source_issue_id, record.key, record.source_status, record.type, record.priority)
    return (
        len(record.source_issue_id) <= MAX_ID
        and len(record.key) <= MAX_ID
        and len(record.title) <= MAX_TITLE
        and len(record.body) <= MAX_BODY
        and max(len(record.source_status), len(record.type), len(record.priority)) <= MAX_WORD
        and _is_plain("".join((*names, record.title, record.body)))
        and _is_url(record.url)
        and (record.comment_count is None or 0 <= record.comment_count <= MAX_COUNT)
        and _are_plausible(record.opened_at, record.source_updated_at, record.closed_at)
        and (record.author is None or _person_is_fine(record.author))
        and all(map(_person_is_fine, record.assignees))
        and _labels_are_fine(record.labels)
    )


def _labels_are_fine(labels: tuple[LabelRecord, ...]) -> bool:
    return len({label.name for label in labels}) == len(labels) and all(
        0 < len(label.name) <= MAX_NAME
        and _is_plain(label.name)
        and _COLOUR.fullmatch(label.colour) is not None
        for label in labels
    )


def _person_is_fine(person: PersonRecord) -> bool:
    return (
        len(person.source_person_id) <= MAX_ID
        and len(person.login) <= MAX_NAME
        and len(person.display_name) <= MAX_NAME
        and _is_plain(person.source_person_id + person.login + person.display_name)
        and _is_url(person.url)
    )


def _comment_is_fine(record: CommentRecord) -> bool:
    return (
        len(record.source_comment_id) <= MAX_ID
        and len(record.body) <= MAX_BODY
        and _is_plain(record.source_comment_id + record.body)
        and _ref_is_fine(record.issue)
        and _is_url(record.url)
        and _are_plausible(record.commented_at, record.source_updated_at)
        and (record.author is None or _person_is_fine(record.author))
    )


def _transition_is_fine(record: TransitionRecord) -> bool:
    return (
        len(record.source_event_id) <= MAX_ID
        and len(record.field) <= MAX_FIELD
        and max(len(record.from_value), len(record.to_value)) <= MAX_TITLE
        and _is_plain(record.source_event_id + record.field + record.from_value + record.to_value)
        and _ref_is_fine(record.issue)
        and _are_plausible(record.occurred_at)
        and (record.actor is None or _person_is_fine(record.actor))
    )


def _ref_is_fine(ref: IssueRef) -> bool:
    both = ref.source_issue_id + ref.key
    return _is_plain(both) and max(len(ref.source_issue_id), len(ref.key)) <= MAX_ID


def _is_url(url: str) -> bool:
    """A web address or nothing: it becomes a link, so `javascript:` must not pass."""
    return not url or (
        len(url) <= MAX_URL and url.startswith(("https://", "http://")) and _is_plain(url)
    )


def _are_plausible(*moments: datetime | None) -> bool:
    latest = datetime.now(UTC) + _LEAD
    return all(moment is None or EARLIEST <= moment <= latest for moment in moments)


_IS_FINE: dict[type, Callable[[Any], bool]] = {
    IssueRecord: _issue_is_fine,
    CommentRecord: _comment_is_fine,
    TransitionRecord: _transition_is_fine,
    PersonRecord: _person_is_fine,
}


# --- what is not --------------------------------------------------------------------------------


def _repair(record: Any) -> Any:
    """Every field by its own rule."""
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
    """An id is never cut short, which could make two the same: it becomes a digest."""
    if len(value) <= MAX_ID and _is_plain(value):
        return value
    return f"sha256:{sha256(value.encode('utf-8', 'surrogatepass')).hexdigest()[:56]}"


def _parts(_: object, parts: Any) -> Any:
    if isinstance(parts, tuple):
        return tuple(map(_repair, parts))
    return _repair(parts) if parts is not None else None


def _labels(_: object, labels: tuple[LabelRecord, ...]) -> tuple[LabelRecord, ...]:
    colours = {clean_text(label.name, MAX_NAME)[0]: label.colour for label in labels if label.name}
    return tuple(
        LabelRecord(name=name, colour=colour if _COLOUR.fullmatch(colour) else "")
        for name, colour in colours.items()
    )


def _date(*instead: str) -> Callable[[Any, datetime], datetime]:
    """The first date that can be true. Never the time of reading: a reply gives the same row twice.

    `instead` names the record's other dates, to be taken in that order.
    """

    def choose(record: Any, moment: datetime) -> datetime:
        candidates = (moment, *(getattr(record, name, None) for name in instead))
        return next((each for each in candidates if each and _are_plausible(each)), EARLIEST)

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
    "comment_count": lambda _, n: n if n is not None and 0 <= n <= MAX_COUNT else None,
    "opened_at": _date("source_updated_at", "closed_at"),
    "closed_at": lambda _, moment: moment if _are_plausible(moment) else None,
    "commented_at": _date("source_updated_at"),
    "occurred_at": _date(),
    "source_updated_at": _date("closed_at", "commented_at", "opened_at"),
}
