"""The provider contract: what a tracker module takes, what it gives, how it fails.

A provider is plain Python: no Django, no database, no settings, no sleeping. HTTP is handed in.
Records are normalised and not yet stored; raw JSON never leaves a provider but for the bytes of a
record that could not be mapped. All datetimes are aware UTC.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Generic, Literal, Protocol, TypeVar

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


class HttpResponse(Protocol):
    """A complete reply; the body is decoded and under the size cap."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]:
        """Case-insensitive."""

    @property
    def body(self) -> bytes: ...
    @property
    def url(self) -> str:
        """Where it came from, after redirects."""

    @property
    def moved_permanently(self) -> bool:
        """A redirect on the way said that the address has changed for good."""


class Http(Protocol):
    """The one door out, as a provider sees it (`integrations.http.Session`)."""

    def get(
        self, url: str, *, endpoint: str, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        """Ask once, with retries for what passes by itself.

        `endpoint` is the template for the log (`/repos/{owner}/{repo}/issues`), without values.
        Any status below 500 comes back as a reply, for the provider to judge.
        Raises ProviderUnavailable (network, 5xx after the last try), ProviderResponseError
        (over the size cap, broken encoding), ProviderConfigError (an address not allowed).
        """


# --- how it fails -----------------------------------------------------------------------------


class ProviderError(Exception):
    """A failure at the tracker, decided on status and headers, never on message text.

    `message` says what happened and what to do, in our own words: never a token, never a body.
    """

    kind: ClassVar[str] = "provider_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after


class ProviderUnavailable(ProviderError):
    """Network trouble or 5xx: it passes by itself."""

    kind = "unavailable"
    retryable = True


class ProviderRateLimited(ProviderError):
    """Told to wait; `retry_after` says how long. Pacing, not failure."""

    kind = "rate_limited"
    retryable = True


class ProviderAuthError(ProviderError):
    """The token is refused: no request until it changes."""

    kind = "auth"


class ProviderAccessDenied(ProviderError):
    """The token is good, the right is missing (permission, SSO, legal block)."""

    kind = "access_denied"


class ProviderNotFound(ProviderError):
    """The scope is not there or not visible to the token."""

    kind = "not_found"


class ProviderConfigError(ProviderError):
    """What the integration is set to cannot work (bad address, removed endpoint)."""

    kind = "config"


class ProviderResponseError(ProviderError):
    """The reply is not what the API promises (HTML, cut off, a page that points to itself)."""

    kind = "response"
    retryable = True


# --- the contract -----------------------------------------------------------------------------


class Provider(Protocol):
    """One tracker scope, readable. Built by `registry.build`."""

    name: ClassVar[str]
    title: ClassVar[str]
    default_base_url: ClassVar[str]
    overlap: ClassVar[timedelta]
    """How far before the last pass's start the next one begins."""
    feeds: ClassVar[tuple[Feed, ...]]

    def __init__(self, scope: Scope, http: Http) -> None: ...

    def check(self) -> ScopeInfo:
        """Name the scope with one cheap call, or raise with the fix in the message."""

    def fetch_issues(self, cursor: Cursor) -> Iterator[Page[IssueRecord]]:
        """Everything updated since, ordered by created ascending."""

    def fetch_comments(self, cursor: Cursor) -> Iterator[Page[CommentRecord]]: ...

    def fetch_transitions(self, cursor: Cursor) -> Iterator[Page[TransitionRecord]]: ...

    def census(self, page_token: str = "") -> Iterator[Page[CensusEntry]]:
        """All ids there are, as cheaply as the provider allows."""

    def fetch_one(self, ref: IssueRef) -> Found | Gone:
        """Ask for one issue; `Gone` only where the provider says so of this issue."""

    def parse_one(
        self, feed: Feed, raw: bytes
    ) -> IssueRecord | CommentRecord | TransitionRecord | RejectedRecord | None:
        """Map one raw record again, without a request; None: it is not an issue's."""
