"""Provider contract: inputs, outputs and errors of a tracker module.

A provider is plain Python: no Django, no database, no settings, no sleeping. It receives its HTTP
client. It returns normalised records; raw JSON leaves it only as the bytes of records that could
not be mapped and in `Page.raw`. All datetimes are aware UTC.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol, runtime_checkable

from integrations.providers.contract.failures import (
    ProviderAccessDenied,
    ProviderAuthError,
    ProviderConfigError,
    ProviderError,
    ProviderNotFound,
    ProviderRateLimited,
    ProviderResponseError,
    ProviderUnavailable,
)
from integrations.providers.contract.records import (
    CensusEntry,
    CommentKind,
    CommentRecord,
    Feed,
    FeedRecord,
    Found,
    Gone,
    IssueRecord,
    IssueRef,
    LabelKind,
    LabelRecord,
    LinkKind,
    LinkRecord,
    Outcome,
    Page,
    PersonRecord,
    RawReply,
    RejectedRecord,
    RemovedReason,
    Status,
    TransitionRecord,
)
from integrations.providers.contract.scopes import (
    ConnectInput,
    Cursor,
    InputKind,
    Scope,
    ScopeInfo,
    WebhookNotice,
)

__all__ = [
    "AsksMany",
    "CensusEntry",
    "CommentKind",
    "CommentRecord",
    "ConnectInput",
    "Cursor",
    "Feed",
    "FeedRecord",
    "Found",
    "Gone",
    "Http",
    "HttpResponse",
    "InputKind",
    "IssueRecord",
    "IssueRef",
    "LabelKind",
    "LabelRecord",
    "LinkKind",
    "LinkRecord",
    "Outcome",
    "Page",
    "PersonRecord",
    "Provider",
    "ProviderAccessDenied",
    "ProviderAuthError",
    "ProviderConfigError",
    "ProviderError",
    "ProviderNotFound",
    "ProviderRateLimited",
    "ProviderResponseError",
    "ProviderUnavailable",
    "RawReply",
    "RejectedRecord",
    "RemovedReason",
    "Scope",
    "ScopeInfo",
    "Status",
    "TransitionRecord",
    "WebhookNotice",
    "Webhooks",
]


class HttpResponse(Protocol):
    """Complete reply with a decompressed body below the size limit."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]:
        """Reply headers, case-insensitive."""

    @property
    def body(self) -> bytes: ...
    @property
    def raw(self) -> RawReply:
        """Body as received."""

    @property
    def url(self) -> str:
        """Final URL after redirects."""

    @property
    def moved_permanently(self) -> bool:
        """Set if a redirect reported a permanent change of address."""


class Http(Protocol):
    """HTTP client of a provider (`integrations.http.session.Session`)."""

    def get(
        self, url: str, *, endpoint: str, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        """Send a GET request, with retries of transient failures.

        `endpoint` is the template for the log (`/repos/{owner}/{repo}/issues`), without values.
        Returns replies with any status below 500, and from 500 those with `Retry-After`.
        Raises ProviderUnavailable (network, 5xx after the last try), ProviderResponseError
        (over the size limit, broken encoding), ProviderConfigError (an address not allowed),
        ProviderRateLimited (before the end of a `pause`).
        """

    def post(
        self, url: str, *, endpoint: str, body: object, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        """Send a read-only query by POST with a JSON body; as safe to repeat as `get`."""

    def pause(self, wait: timedelta) -> None:
        """Delay further requests after a wait ordered in a successful reply.

        Applies to all integrations that share the quota.
        """

    def note_quota(self, *, limit: int, remaining: int, resets_at: datetime) -> None:
        """Record a quota found in a body; `x-ratelimit-*` headers are read automatically."""


class Webhooks(Protocol):
    """Verification and parsing of a tracker's webhook deliveries.

    `headers` have lower-case names, `body` is the exact signed bytes.
    """

    def is_genuine(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
        """Return True if signed with one of the secrets.

        Compares in constant time, before any parsing.
        """

    def read(self, headers: Mapping[str, str], body: bytes) -> WebhookNotice:
        """Parse a delivery; an unknown event gives a notice without issues.

        Raises ProviderResponseError if the body does not match the tracker's format.
        """

    def steps(self, *, scope: Scope, web_url: str, url: str, secret: str) -> tuple[str, ...]:
        """Return the setup steps in the tracker, one sentence each."""


@runtime_checkable
class AsksMany(Protocol):
    """Provider whose tracker accepts many ids in one request."""

    def fetch_many(self, refs: Sequence[IssueRef]) -> Mapping[str, Found | Gone]:
        """Fetch many issues, by stable id; the caller fetches missing ones singly."""


class Provider(Protocol):
    """Reader of one tracker scope, built by `registry.build`."""

    name: ClassVar[str]
    title: ClassVar[str]
    default_base_url: ClassVar[str]
    """Default API root; empty if each server has its own address."""
    inputs: ClassVar[tuple[ConnectInput, ...]]
    """User inputs for connecting a scope; `scope_of` takes these by name."""
    trusted_origins: ClassVar[tuple[str, ...]]
    """Other origins that may receive the credential (a vendor's gateway)."""
    overlap: ClassVar[timedelta]
    """Overlap of a pass with the start of the previous one."""
    feeds: ClassVar[tuple[Feed, ...]]
    """Feeds in reading order; history included with the issues has no own feed."""
    marked_feeds: ClassVar[frozenset[Feed]]
    """Feeds without `since`, read newest first down to a mark."""
    has_etags: ClassVar[bool]
    """Set if an unchanged first page gets a 304 that costs no quota."""
    quota_is_per_address: ClassVar[bool]
    """Set if all requests from one IP address share a quota, whatever the token."""
    issues_move: ClassVar[bool]
    """Set if issues keep their id when they move to another scope."""
    webhooks: ClassVar[Webhooks | None]

    def __init__(self, scope: Scope, http: Http) -> None: ...

    @staticmethod
    def scope_of(given: Mapping[str, Any]) -> Scope:
        """Build the scope to check from the values of `inputs` (missing ones are empty).

        Raises ProviderConfigError with the fix if the values are invalid.
        """

    def check(self) -> ScopeInfo:
        """Identify the scope with few calls. Raises ProviderError with the fix."""

    def fetch_issues(self, cursor: Cursor) -> Iterator[Page[IssueRecord]]:
        """Yield issues updated since, in an order that loses none during edits."""

    def fetch_comments(self, cursor: Cursor) -> Iterator[Page[CommentRecord]]:
        """Yield comments; called only if the provider has this feed."""

    def fetch_transitions(self, cursor: Cursor) -> Iterator[Page[TransitionRecord]]:
        """Yield field changes; called only if the provider has this feed."""

    def census(self, page_token: str = "") -> Iterator[Page[CensusEntry]]:
        """Yield all issues of the scope as cheaply as the tracker allows."""

    def count(self) -> int | None:
        """Count the tracker's issues in one cheap call; None if it reports no count."""

    def statuses(self) -> Mapping[str, Status]:
        """Return the normalised status of each of the tracker's statuses."""

    def fetch_one(self, ref: IssueRef) -> Found | Gone:
        """Fetch one issue; return Gone only if the tracker reports this issue missing."""

    def parse_one(self, feed: Feed, raw: bytes) -> FeedRecord | RejectedRecord | None:
        """Map one raw record again without a request; None if it belongs to no issue."""

    def parse_page(self, feed: Feed, replies: Sequence[bytes]) -> Page[Any]:
        """Map a stored page (`Page.raw`, decompressed) again without a request."""
