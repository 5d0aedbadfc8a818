"""Mapping of changelogs: transitions, former keys and closing times."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256

import msgspec

from integrations.providers.contract.base import (
    IssueRef,
    PersonRecord,
    RejectedRecord,
    TransitionRecord,
)
from integrations.providers.jira.comments import rejection
from integrations.providers.jira.payloads import Change, HistoryPayload, Id, StatusPayload
from integrations.providers.jira.people import to_person
from integrations.providers.jira.site import Place
from integrations.providers.parsing.dates import read_date
from integrations.providers.parsing.limits_and_text import MAX_ID

_FIELDS = {
    "status": "status",
    "resolution": "resolution",
    "assignee": "assignee",
    "priority": "priority",
    "issuetype": "type",
    "labels": "label",
    "summary": "title",
    "key": "key",
    "issuekey": "key",
}
FIELD_IDS = ("status", "resolution", "assignee", "priority", "issuetype", "labels", "summary",
             "Key", "issuekey")  # fmt: skip
"""Fields requested in the bulk changelog: ten at most."""
_MILLISECONDS_FROM = 10**11
"""Smallest number read as milliseconds; as seconds it would be the year 5138."""


class History(msgspec.Struct, frozen=True):
    """Entry of a changelog: one edit by one account, with all its changes."""

    id: str
    at: datetime
    actor: PersonRecord | None
    changes: tuple[Change, ...]


class DoneStatuses:
    """Set of done statuses, looked up by id, or by name if the id is unknown.

    A changelog keeps old names; another status may have such a name today.
    """

    def __init__(self, statuses: Sequence[StatusPayload]) -> None:
        counts_as_done = [(each, each.status_category.key == "done") for each in statuses]
        self._by_id = {str(each.id): done for each, done in counts_as_done if each.id != ""}
        self._names = {each.name.lower() for each, done in counts_as_done if done}

    def holds(self, id_: Id | None, name: str | None) -> bool:
        known = self._by_id.get(str(id_)) if id_ is not None else None
        return (name or "").lower() in self._names if known is None else known


def read_history(tree: object, place: Place) -> History | RejectedRecord:
    try:
        payload = msgspec.convert(tree, HistoryPayload)
    except msgspec.ValidationError as error:
        return rejection("change", tree, str(error))
    at = read_moment(payload.created)
    if at is None:
        return rejection("change", tree, "`created` is not a date.")
    actor = to_person(payload.author, place)
    return History(str(payload.id), at, actor, tuple(payload.items))


def read_moment(value: str | int) -> datetime | None:
    """Parse a date as text, or as seconds or milliseconds since 1970; Jira sends both."""
    if isinstance(value, str):
        return read_date(value)
    try:
        return datetime.fromtimestamp(value / (1000 if value >= _MILLISECONDS_FROM else 1), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def to_transitions(history: History, issue: IssueRef) -> Iterator[TransitionRecord]:
    seen: set[tuple[str, str]] = set()
    for change in history.changes:
        field = _FIELDS.get(_field(change))
        for part, former, latter in _values(field, change) if field else ():
            event_id = _event_id(history.id, part)
            if former == latter or field is None:
                continue
            if (event_id, field) in seen:
                event_id = _event_id(history.id, f"{part}#{len(seen)}")
            seen.add((event_id, field))
            yield TransitionRecord(
                source_event_id=event_id,
                issue=issue,
                field=field,
                from_value=former,
                to_value=latter,
                actor=history.actor,
                occurred_at=history.at,
            )


def previous_keys(histories: Sequence[History], key: str) -> tuple[str, ...]:
    """Return the issue's former keys without repetition, in changelog order."""
    former = {
        change.from_string: None
        for history in histories
        for change in history.changes
        if change.from_string and _FIELDS.get(_field(change)) == "key"
    }
    return tuple(each for each in former if each != key)


def status_changes(histories: Sequence[History]) -> list[tuple[datetime, Change]]:
    """Return the status changes with their times, oldest first."""
    found = [
        (history.at, change)
        for history in histories
        for change in history.changes
        if _FIELDS.get(_field(change)) == "status"
    ]
    return sorted(found, key=lambda pair: pair[0])


def done_since(histories: Sequence[History], done: DoneStatuses) -> datetime | None:
    """Return the last change from an open to a done status; None if there is none.

    Needed for team-managed projects, which have no resolution date.
    """
    since = None
    for at, change in status_changes(histories):
        was = done.holds(change.from_id, change.from_string)
        if not was and done.holds(change.to_id, change.to_string):
            since = at
    return since


def _field(change: Change) -> str:
    """Return the field's id, which Cloud sends, otherwise its name."""
    by_id = (change.field_id or "").lower()
    return by_id if by_id in _FIELDS else change.field.lower()


def _values(field: str, change: Change) -> Iterator[tuple[str, str, str]]:
    """Yield (part, before, after); `part` distinguishes changes of the same entry."""
    former, latter = change.from_string or "", change.to_string or ""
    if field != "label":
        yield "", former, latter
        return
    # Both values list all labels separated by spaces; a label contains none.
    before, after = dict.fromkeys(former.split()), dict.fromkeys(latter.split())
    yield from ((label, label, "") for label in before if label not in after)
    yield from ((label, "", label) for label in after if label not in before)


def _event_id(history: str, part: str) -> str:
    """Build an event id; entries that change one field several times need several ids."""
    if not part:
        return history
    whole = f"{history}:{part}"
    digest = sha256(part.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return whole if len(whole) <= MAX_ID else f"{history}:{digest}"
