"""Mapping of GitHub's JSON to records, one function per record."""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
from msgspec import structs

from integrations.providers.contract.base import (
    CensusEntry,
    CommentRecord,
    IssueRecord,
    IssueRef,
    LabelRecord,
    Outcome,
    Page,
    PersonRecord,
    Status,
    TransitionRecord,
)
from integrations.providers.github.links import parent_links
from integrations.providers.github.payloads import (
    CensusPayload,
    CommentPayload,
    EventPayload,
    EventStamp,
    IssuePayload,
    Label,
    Named,
    User,
)
from integrations.providers.parsing.record_reader import RecordReader, Unmappable, split_page

Change = tuple[str, str, str]
"""Tuple of field, value before and value after."""

STATUSES: dict[str, Status] = {"open": "todo", "closed": "done"}
_OUTCOMES: dict[str | None, Outcome] = {
    "completed": "delivered",
    "not_planned": "not_planned",
    "duplicate": "duplicate",
}
# A repository may be named "pull": only the URL's last parts are decisive.
_COMMENT_URL = re.compile(r"/(issues|pull)/(\d+)(?:#[^/]*)?$")
_GHOST = "ghost"
"""Placeholder that GitHub uses for deleted accounts."""


def to_issue(payload: IssuePayload) -> IssueRecord | None:
    if payload.pull_request is not None:
        return None
    status = STATUSES.get(payload.state)
    if status is None:
        raise Unmappable("`state` is neither open nor closed.")
    is_done = status == "done"
    return IssueRecord(
        source_issue_id=str(payload.id),
        key=f"#{payload.number}",
        url=payload.html_url,
        title=payload.title,
        body=payload.body or "",
        status=status,
        source_status=payload.state,
        outcome=_OUTCOMES.get(payload.state_reason, "unknown") if is_done else None,
        type=_name(payload.type),
        author=to_person(payload.user),
        assignees=tuple(_person(user) for user in payload.assignees or ()),
        labels=tuple(_label(label) for label in payload.labels or ()),
        links=parent_links(payload),
        comment_count=payload.comments,
        opened_at=_utc(payload.created_at),
        # GitHub has no closing time for some old issues.
        closed_at=_utc(payload.closed_at) if is_done and payload.closed_at else None,
        source_updated_at=_utc(payload.updated_at),
    )


def to_comment(payload: CommentPayload) -> CommentRecord | None:
    found = _COMMENT_URL.search(payload.html_url)
    if found is None:
        raise Unmappable("`html_url` does not name the issue.")
    if found[1] == "pull":
        return None
    return CommentRecord(
        source_comment_id=str(payload.id),
        issue=IssueRef(key=f"#{found[2]}", url=payload.html_url.partition("#")[0]),
        author=to_person(payload.user),
        body=payload.body or "",
        url=payload.html_url,
        commented_at=_utc(payload.created_at),
        source_updated_at=_utc(payload.updated_at),
    )


def to_transition(payload: EventPayload) -> TransitionRecord | None:
    if payload.issue is None or payload.issue.pull_request is not None:
        return None
    if payload.event not in _CHANGES:
        return None
    field, from_value, to_value = _CHANGES[payload.event](payload)
    if from_value == to_value:
        return None
    return TransitionRecord(
        source_event_id=str(payload.id),
        issue=IssueRef(source_issue_id=str(payload.issue.id), key=f"#{payload.issue.number}"),
        field=field,
        from_value=from_value,
        to_value=to_value,
        # In old assignment events, `actor` is the assignee.
        actor=to_person(payload.assigner or payload.actor),
        occurred_at=_utc(payload.created_at),
    )


def to_census_entry(payload: CensusPayload) -> CensusEntry | None:
    if payload.pull_request is not None:
        return None
    return CensusEntry(
        source_issue_id=str(payload.id),
        key=f"#{payload.number}",
        source_updated_at=_utc(payload.updated_at) if payload.updated_at else None,
    )


def list_rows(page: Page[IssueRecord]) -> Page[CensusEntry]:
    """Convert a page to census entries with records, including unmappable rows."""
    entries = [
        CensusEntry(
            source_issue_id=record.source_issue_id,
            key=record.key,
            source_updated_at=record.source_updated_at,
            record=record,
        )
        for record in page.records
    ]
    poor = [CENSUS.read(rejected.raw)[0] for rejected in page.rejected]
    entries += [entry for entry in poor if isinstance(entry, CensusEntry)]
    return structs.replace(cast("Page[Any]", page), records=tuple(entries))


def read_event_stamps(body: bytes) -> list[EventStamp]:
    """Read type and time of all events of a page, including unmapped ones."""
    stamps = []
    for raw in split_page(body):
        with suppress(ValueError, RecursionError):
            stamps.append(_STAMP.decode(raw))
    return stamps


def hints_in(stamps: Iterable[EventStamp]) -> tuple[IssueRef, ...]:
    """Return issues with deleted comments: this does not change their `updated_at`."""
    issues = (stamp.issue for stamp in stamps if stamp.event == "comment_deleted")
    return tuple(
        IssueRef(source_issue_id=str(issue.id), key=f"#{issue.number}")
        for issue in issues
        if issue and issue.pull_request is None
    )


def to_person(user: User | None) -> PersonRecord | None:
    return _person(user) if user else None


def _person(user: User) -> PersonRecord:
    return PersonRecord(
        source_person_id=str(user.id),
        login=user.login,
        url=user.html_url,
        is_bot=user.type == "Bot" or user.login.endswith("[bot]"),
    )


def _label(label: Label | str) -> LabelRecord:
    if isinstance(label, str):
        return LabelRecord(name=label)
    return LabelRecord(name=label.name or "", colour=label.color or "")


def _name(named: Named | Label | None) -> str:
    return (named.name or "") if named else ""


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def _added(field: str, value: Callable[[EventPayload], str]) -> Callable[[EventPayload], Change]:
    return lambda event: (field, "", value(event))


def _removed(field: str, value: Callable[[EventPayload], str]) -> Callable[[EventPayload], Change]:
    return lambda event: (field, value(event), "")


def _renamed(event: EventPayload) -> Change:
    return ("title", event.rename.former, event.rename.to) if event.rename else ("title", "", "")


def _label_name(event: EventPayload) -> str:
    return _name(event.label)


def _milestone(event: EventPayload) -> str:
    return (event.milestone.title or "") if event.milestone else ""


def _assignee(event: EventPayload) -> str:
    return event.assignee.login if event.assignee else _GHOST


def _type_before(event: EventPayload) -> str:
    return _name(event.prev_issue_type or event.issue_type)


def _typed(event: EventPayload) -> Change:
    return "type", _name(event.prev_issue_type), _name(event.issue_type)


# https://docs.github.com/rest/using-the-rest-api/issue-event-types
_CHANGES: dict[str, Callable[[EventPayload], Change]] = {
    "closed": lambda _: ("status", "open", "closed"),
    "reopened": lambda _: ("status", "closed", "open"),
    "renamed": _renamed,
    "labeled": _added("label", _label_name),
    "unlabeled": _removed("label", _label_name),
    "assigned": _added("assignee", _assignee),
    "unassigned": _removed("assignee", _assignee),
    "milestoned": _added("milestone", _milestone),
    "demilestoned": _removed("milestone", _milestone),
    "issue_type_added": _typed,
    "issue_type_changed": _typed,
    "issue_type_removed": _removed("type", _type_before),
    "typed": _typed,
    "untyped": _removed("type", _type_before),
    # GitHub does not report the former key of a transferred issue.
    "transferred": lambda event: ("key", "", f"#{event.issue.number}" if event.issue else ""),
    "converted_to_discussion": lambda _: ("status", "open", "closed"),
}

_STAMP = msgspec.json.Decoder(EventStamp)
_DATES = ("created_at", "updated_at", "closed_at")
ISSUES = RecordReader(IssuePayload, to_issue, dates=_DATES)
COMMENTS = RecordReader(CommentPayload, to_comment, dates=_DATES)
TRANSITIONS = RecordReader(EventPayload, to_transition, dates=_DATES)
CENSUS = RecordReader(CensusPayload, to_census_entry, dates=_DATES)
