"""What comes out of a provider: plain values, frozen, aware UTC throughout."""

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
    """An account at the provider. `source_person_id` is its stable id, never the login."""

    source_person_id: str
    login: str
    display_name: str = ""
    url: str = ""
    is_bot: bool = False
    is_deleted: bool = False
    """The account is no more; whoever it was stays the author."""
    email: str = ""
    """Never stored: only a keyed digest of it, to tell that two accounts are one person's."""


class LabelRecord(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    colour: str = ""
    """Six hex digits without '#', or empty."""
    kind: LabelKind = "label"


class LinkRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What an issue has to do with another one, as its own record says.

    Read as "issue <kind> other": it blocks it, is a duplicate of it, is its child (`parent`: the
    other is the parent), or just relates to it. `inward` turns that round: the other blocks it.
    The other is named by its stable id or key within the same tracker, or by its address.
    """

    kind: LinkKind
    inward: bool = False
    source_issue_id: str = ""
    key: str = ""
    url: str = ""


class IssueRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One issue as it is upstream now."""

    source_issue_id: str
    """The provider's stable id (never the number or key)."""
    key: str
    """What people read: `#45`, `ABC-12`."""
    url: str
    title: str
    body: str
    status: Status
    source_status: str
    outcome: Outcome | None
    """Only of a done issue."""
    type: str = ""
    priority: str = ""
    author: PersonRecord | None = None
    assignees: tuple[PersonRecord, ...] = ()
    labels: tuple[LabelRecord, ...] = ()
    links: tuple[LinkRecord, ...] = ()
    previous_keys: tuple[str, ...] = ()
    """Keys by which it went before it moved."""
    comment_count: int | None = None
    opened_at: datetime
    closed_at: datetime | None
    source_updated_at: datetime


class IssueRef(msgspec.Struct, frozen=True, kw_only=True):
    """Names an issue by its stable id, its key, or both; feeds differ in what they carry."""

    source_issue_id: str = ""
    key: str = ""
    url: str = ""
    """Tells apart what has the same key in one list (GitHub: issues transferred out of a scope)."""


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
    """One change of one field of an issue, in the provider's own words.

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
    """A record that could not be mapped: it goes to quarantine, the page goes on."""

    source_id: str
    """The record's own id where it could be read, else a digest of `raw`."""
    reason: str
    """Safe to show: names the field and what was expected, quotes nothing."""
    raw: bytes


Record_co = TypeVar("Record_co", covariant=True)


class RawReply(msgspec.Struct, frozen=True):
    """A reply's body as it came over the wire."""

    body: bytes
    encoding: str = ""
    """gzip, deflate, or nothing where it came plain."""


class Page(msgspec.Struct, Generic[Record_co], frozen=True, kw_only=True):
    """One reply's worth of records."""

    records: tuple[Record_co, ...] = ()
    rejected: tuple[RejectedRecord, ...] = ()
    skipped: int = 0
    """Rows that are no issues (pull requests and what belongs to them)."""
    repaired: int = 0
    """Values that had to be replaced to be storable (NUL, bad UTF-8, impossible dates)."""
    next_token: str | None = None
    """Opaque; None says that this is the last page."""
    upstream_time: datetime | None = None
    """The tracker's clock when it answered (its Date header)."""
    etag: str = ""
    not_modified: bool = False
    mark: str = ""
    """For feeds without `since`: the newest id seen that is no later than the cursor's horizon."""
    total: int | None = None
    """How many there are upstream, where the provider tells."""
    notes: tuple[str, ...] = ()
    """Sentences for the receipt: what the provider says this page leaves out, and the fix."""
    scope_moved: bool = False
    """The scope answers under a new address: `check` names it."""
    comments: tuple[CommentRecord, ...] = ()
    transitions: tuple[TransitionRecord, ...] = ()
    """History that came along with the issues of this page."""
    hints: tuple[IssueRef, ...] = ()
    """Issues that changed in a way no feed shows: each is asked for by itself."""
    whole_comments_of: tuple[str, ...] = ()
    """Issues of which `comments` are all there are: others were deleted upstream."""
    raw: tuple[RawReply, ...] = ()
    """The replies this page was made of, for `Provider.parse_page`."""


class CensusEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One issue of the tracker's list of all. A page that brings rows keeps them in `Page.raw` so
    that `Provider.parse_page("issues", …)` reads them."""

    source_issue_id: str
    key: str
    source_updated_at: datetime | None
    record: IssueRecord | None = None
    """The whole row, where the list page brought it."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The issue as it is now, with its history where the provider reads that along with it."""

    record: IssueRecord
    comments: tuple[CommentRecord, ...] = ()
    transitions: tuple[TransitionRecord, ...] = ()
    has_history: bool = False
    """`comments` are all there are: others were deleted upstream."""
    upstream_time: datetime | None = None
    """The tracker's clock when it answered."""


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """The issue is no longer in this scope."""

    reason: RemovedReason
    moved_to: str = ""
