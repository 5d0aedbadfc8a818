"""Output records of providers: frozen plain values, all datetimes aware UTC."""

from datetime import datetime
from typing import Generic, Literal, TypeVar

import msgspec

Feed = Literal["issues", "comments", "transitions"]
Status = Literal["todo", "in_progress", "done"]
Outcome = Literal["delivered", "not_planned", "duplicate", "moved", "unknown"]
RemovedReason = Literal["deleted", "transferred", "moved", "not_visible"]
LinkKind = Literal["blocks", "duplicates", "relates", "parent"]
LabelKind = Literal["label", "component"]
CommentKind = Literal["comment", "answer"]


class PersonRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Account at the provider. `source_person_id` is its stable id, never the login."""

    source_person_id: str
    login: str
    display_name: str = ""
    url: str = ""
    is_bot: bool = False
    is_deleted: bool = False
    """Set if the account was deleted; it stays the author."""
    email: str = ""
    """E-mail address, stored only as a keyed digest to match accounts of one person."""


class LabelRecord(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    colour: str = ""
    """Colour as six hex digits without '#', or empty."""
    kind: LabelKind = "label"


class LinkRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Link from an issue to another, as stated in the issue's own record.

    Read as "issue <kind> other": it blocks it, duplicates it, is its child (`parent`: the other is
    the parent), or relates to it. `inward` reverses the direction: the other blocks it.
    The other issue is given by stable id or key in the same tracker, or by URL.
    """

    kind: LinkKind
    inward: bool = False
    source_issue_id: str = ""
    key: str = ""
    url: str = ""


class IssueRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Current state of one issue in the tracker."""

    source_issue_id: str
    """Stable id from the provider (never the number or key)."""
    key: str
    """Key shown to users: `#45`, `ABC-12`."""
    url: str
    title: str
    body: str
    status: Status
    source_status: str
    outcome: Outcome | None
    """Outcome of a done issue; None if it is not done."""
    type: str = ""
    priority: str = ""
    author: PersonRecord | None = None
    assignees: tuple[PersonRecord, ...] = ()
    labels: tuple[LabelRecord, ...] = ()
    links: tuple[LinkRecord, ...] = ()
    previous_keys: tuple[str, ...] = ()
    """Former keys, from before the issue moved."""
    comment_count: int | None = None
    opened_at: datetime
    closed_at: datetime | None
    source_updated_at: datetime


class IssueRef(msgspec.Struct, frozen=True, kw_only=True):
    """Reference to an issue by stable id, key or both, as the feed provides."""

    source_issue_id: str = ""
    key: str = ""
    url: str = ""
    """URL to distinguish equal keys in one list (GitHub: transferred issues)."""


class CommentRecord(msgspec.Struct, frozen=True, kw_only=True):
    source_comment_id: str
    issue: IssueRef
    author: PersonRecord | None
    body: str
    url: str
    kind: CommentKind = "comment"
    commented_at: datetime
    source_updated_at: datetime


class TransitionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Change of one field of an issue, in the provider's terms.

    field: status, label, assignee, title, type, priority, milestone, key.
    A label or assignee that was added has an empty `from_value`; one removed, an empty `to_value`.
    """

    source_event_id: str
    issue: IssueRef
    field: str
    from_value: str
    to_value: str
    actor: PersonRecord | None
    occurred_at: datetime


FeedRecord = IssueRecord | CommentRecord | TransitionRecord


class RejectedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Record that could not be mapped; it is quarantined and the page continues."""

    source_id: str
    """Record's own id if readable, otherwise a digest of `raw`."""
    reason: str
    """Displayable reason: names the field and the expectation, quotes no data."""
    raw: bytes


Record_co = TypeVar("Record_co", covariant=True)


class RawReply(msgspec.Struct, frozen=True):
    """Body of a reply as received."""

    body: bytes
    encoding: str = ""
    """Content encoding: gzip, deflate or empty."""


class Page(msgspec.Struct, Generic[Record_co], frozen=True, kw_only=True):
    """Records of one reply."""

    records: tuple[Record_co, ...] = ()
    rejected: tuple[RejectedRecord, ...] = ()
    skipped: int = 0
    """Rows that are not issues (pull requests and their records)."""
    repaired: int = 0
    """Values replaced to be storable (NUL, bad UTF-8, impossible dates)."""
    next_token: str | None = None
    """Opaque token of the next page; None on the last page."""
    upstream_time: datetime | None = None
    """Time of the reply on the tracker's clock (its Date header)."""
    etag: str = ""
    not_modified: bool = False
    mark: str = ""
    """Newest id not later than the cursor's horizon, for feeds without `since`."""
    total: int | None = None
    """Number of records in the tracker; None if not reported."""
    notes: tuple[str, ...] = ()
    """Sentences for the run's result on data this page omits, with the fix."""
    scope_moved: bool = False
    """Set if the scope has a new address; `check` returns it."""
    comments: tuple[CommentRecord, ...] = ()
    transitions: tuple[TransitionRecord, ...] = ()
    """History included with the issues of this page."""
    hints: tuple[IssueRef, ...] = ()
    """Issues with changes that no feed shows; each is fetched singly."""
    whole_comments_of: tuple[str, ...] = ()
    """Issues with complete `comments`: any other stored comment was deleted."""
    raw: tuple[RawReply, ...] = ()
    """Replies of this page, for `Provider.parse_page`."""


class CensusEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Issue in the tracker's full list.

    Pages with whole rows keep them in `Page.raw`, readable by `Provider.parse_page("issues", …)`.
    """

    source_issue_id: str
    key: str
    source_updated_at: datetime | None
    record: IssueRecord | None = None
    """Whole row, if the list page included it."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Current issue, with its history if the provider reads both together."""

    record: IssueRecord
    comments: tuple[CommentRecord, ...] = ()
    transitions: tuple[TransitionRecord, ...] = ()
    has_history: bool = False
    """Set if `comments` is complete: any other stored comment was deleted."""
    upstream_time: datetime | None = None
    """Time of the reply on the tracker's clock."""


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """Issue that is no longer in this scope."""

    reason: RemovedReason
    moved_to: str = ""
