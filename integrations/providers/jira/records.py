"""Mapping of Jira's JSON and changelogs to issue records."""

from collections.abc import Sequence
from datetime import datetime

from integrations.providers.contract.base import (
    CensusEntry,
    IssueRecord,
    LabelRecord,
    LinkKind,
    LinkRecord,
    Outcome,
    Status,
)
from integrations.providers.jira.changelog import DoneStatuses, History, done_since, previous_keys
from integrations.providers.jira.comments import Body
from integrations.providers.jira.payloads import (
    CensusPayload,
    IssueFields,
    IssuePayload,
    LinkPayload,
    Moment,
    Named,
)
from integrations.providers.jira.people import to_person
from integrations.providers.jira.site import Place
from integrations.providers.parsing.dates import read_date
from integrations.providers.parsing.record_reader import RecordReader, Unmappable

CATEGORIES: dict[str, Status] = {
    "new": "todo",
    "indeterminate": "in_progress",
    "done": "done",
    "undefined": "todo",  # Jira's "No Category"
}
_RESOLUTIONS: dict[Outcome, tuple[str, ...]] = {
    "delivered": ("done", "fixed", "resolved", "complete", "completed", "implemented",
                  "delivered", "released", "deployed", "answered", "closed"),
    "not_planned": ("won't do", "won't fix", "wont do", "wont fix", "will not do", "will not fix",
                    "cannot reproduce", "can't reproduce", "declined", "abandoned", "incomplete",
                    "invalid", "rejected", "not a bug", "not our bug", "works as designed",
                    "as designed", "works for me", "obsolete", "canceled", "cancelled",
                    "withdrawn", "out of scope", "not planned", "needs more info"),
    "duplicate": ("duplicate", "duplicated", "already reported"),
}  # fmt: skip
"""Known resolutions by outcome; resolutions are custom, any other is "unknown"."""
_OUTCOMES = {word: outcome for outcome, words in _RESOLUTIONS.items() for word in words}

_LINKS: dict[str, LinkKind] = {
    "blocks": "blocks",
    "blocker": "blocks",
    "duplicate": "duplicates",
    "duplicates": "duplicates",
}
_PHRASES: dict[str, tuple[LinkKind, bool]] = {
    "blocks": ("blocks", False),
    "is blocked by": ("blocks", True),
    "depends on": ("blocks", True),
    "is depended on by": ("blocks", False),
    "is dependent of": ("blocks", False),
    "duplicates": ("duplicates", False),
    "is duplicated by": ("duplicates", True),
}
"""Custom link types by the phrase that Jira shows between the two issues."""


def is_done_undated(fields: IssueFields) -> bool:
    """Return True for a done issue with a closing time only in the changelog."""
    return _status(fields) == "done" and _date(fields.resolutiondate) is None


def to_issue(
    payload: IssuePayload,
    histories: Sequence[History],
    done: DoneStatuses,
    place: Place,
    body: Body,
) -> IssueRecord:
    fields = payload.fields
    status = _status(fields)
    return IssueRecord(
        source_issue_id=str(payload.id),
        key=payload.key,
        url=place.browse(payload.key),
        title=fields.summary or "",
        body=body(fields.description),
        status=status,
        source_status=fields.status.name,
        outcome=_outcome(fields.resolution) if status == "done" else None,
        type=_name(fields.issuetype),
        priority=_name(fields.priority),
        author=to_person(fields.reporter or fields.creator, place),
        assignees=tuple(each for each in [to_person(fields.assignee, place)] if each),
        labels=_labels(fields),
        links=_links(fields),
        previous_keys=previous_keys(histories, payload.key),
        comment_count=fields.comment.total if fields.comment else None,
        opened_at=_needed(fields.created, "created"),
        closed_at=_closed_at(fields, histories, done) if status == "done" else None,
        source_updated_at=_needed(fields.updated, "updated"),
    )


def to_census_entry(payload: CensusPayload) -> CensusEntry:
    return CensusEntry(
        source_issue_id=str(payload.id),
        key=payload.key,
        source_updated_at=_date(payload.fields.updated) if payload.fields else None,
    )


def _status(fields: IssueFields) -> Status:
    status = CATEGORIES.get(fields.status.status_category.key)
    if status is None:
        raise Unmappable("`statusCategory.key` is neither new, indeterminate nor done.")
    return status


def _outcome(resolution: Named | None) -> Outcome:
    return _OUTCOMES.get(
        _name(resolution).strip().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").lower(), "unknown"
    )


def _closed_at(
    fields: IssueFields, histories: Sequence[History], done: DoneStatuses
) -> datetime | None:
    return (
        _date(fields.resolutiondate)
        or done_since(histories, done)
        or _date(fields.statuscategorychangedate)
    )


def _labels(fields: IssueFields) -> tuple[LabelRecord, ...]:
    """Return labels and components, distinguished by kind: names may coincide."""
    labels = [LabelRecord(name=name) for name in fields.labels or ()]
    components = [
        LabelRecord(name=_name(each), kind="component") for each in fields.components or ()
    ]
    return tuple(dict.fromkeys(each for each in (*labels, *components) if each.name))


def _links(fields: IssueFields) -> tuple[LinkRecord, ...]:
    links = [_link(each) for each in fields.issuelinks or ()]
    if fields.parent and (fields.parent.id or fields.parent.key):
        parent = fields.parent
        links.append(
            LinkRecord(kind="parent", source_issue_id=str(parent.id or ""), key=parent.key)
        )
    return tuple(dict.fromkeys(each for each in links if each))


def _link(link: LinkPayload) -> LinkRecord | None:
    """Map a link: `outwardIssue` is blocked by this issue, `inwardIssue` blocks it."""
    other = link.outward_issue or link.inward_issue
    if other is None:
        return None
    is_inward = link.outward_issue is None
    phrase = (link.type.inward if is_inward else link.type.outward).strip().lower()
    named = _LINKS.get(link.type.name.strip().lower())
    kind, inward = (named, is_inward) if named else _PHRASES.get(phrase, ("relates", False))
    return LinkRecord(kind=kind, inward=inward, source_issue_id=str(other.id), key=other.key)


def _name(named: Named | None) -> str:
    return (named.name or "") if named else ""


def _date(value: Moment) -> datetime | None:
    return read_date(value) if isinstance(value, str) else None


def _needed(value: str, name: str) -> datetime:
    date = read_date(value)
    if date is None:
        raise Unmappable(f"`{name}` is not a date.")
    return date


def _checked(payload: IssuePayload) -> IssuePayload:
    """Raise Unmappable for anything that `to_issue` could not map."""
    _status(payload.fields)
    _needed(payload.fields.created, "created")
    _needed(payload.fields.updated, "updated")
    return payload


PAYLOADS = RecordReader(IssuePayload, _checked)
CENSUS = RecordReader(CensusPayload, to_census_entry)
