"""What goes into a provider and what comes out: plain values, frozen, aware UTC throughout."""

from datetime import datetime
from typing import Generic, Literal, TypeVar

import msgspec

Feed = Literal["issues", "comments", "transitions"]
Status = Literal["todo", "in_progress", "done"]
Outcome = Literal["delivered", "not_planned", "duplicate", "moved", "unknown"]
RemovedReason = Literal["deleted", "transferred", "moved", "not_visible"]


# --- what comes out ---------------------------------------------------------------------------


class PersonRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An account at the provider. `source_person_id` is its stable id, never the login."""

    source_person_id: str
    login: str
    display_name: str = ""
    url: str = ""
    is_bot: bool = False


class LabelRecord(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    colour: str = ""
    """Six hex digits without '#', or empty."""


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
    comment_count: int | None = None
    opened_at: datetime
    closed_at: datetime | None
    source_updated_at: datetime


class IssueRef(msgspec.Struct, frozen=True, kw_only=True):
    """Names an issue by its stable id, its key, or both; feeds differ in what they carry."""

    source_issue_id: str = ""
    key: str = ""


class CommentRecord(msgspec.Struct, frozen=True, kw_only=True):
    source_comment_id: str
    issue: IssueRef
    author: PersonRecord | None
    body: str
    url: str
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


class CensusEntry(msgspec.Struct, frozen=True, kw_only=True):
    source_issue_id: str
    key: str
    source_updated_at: datetime | None


class ScopeInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What `check` learned of the scope."""

    scope: str
    """In the provider's own spelling (`owner/name`); may differ from what was asked for."""
    scope_id: str
    """The provider's stable id of the scope."""
    base_url: str
    """The API root that answered; may differ from what was asked for (an added /api/v3)."""
    web_url: str = ""
    is_private: bool | None = None
    token_expires_at: datetime | None = None
    notes: tuple[str, ...] = ()
    """Sentences worth telling whoever connects ("without a token: 60 requests an hour")."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    record: IssueRecord


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """The issue is no longer in this scope."""

    reason: RemovedReason
    moved_to: str = ""


# --- what goes in -----------------------------------------------------------------------------


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What to read and where."""

    base_url: str
    scope: str
    scope_id: str = ""
    token: str = ""

    def __repr__(self) -> str:
        """Never the token."""
        return f"Scope({self.base_url!r}, {self.scope!r})"


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """Where a pass over one feed starts."""

    since: datetime | None = None
    """Everything updated at or after this; None reads all."""
    etag: str = ""
    """Sent only with the first request of a pass, when `page_token` is empty."""
    page_token: str = ""
    """Resume here (a `next_token` of an earlier page)."""
    mark: str = ""
    """For feeds without `since`: stop at this id."""
    horizon: datetime | None = None
    """For feeds without `since`: how new an id may be to become the next mark."""
