"""The provider contract: what a tracker module takes, what it gives, how it fails.

A provider is plain Python: no Django, no database, no settings, no sleeping. HTTP is handed in.
Records are normalised and not yet stored; raw JSON never leaves a provider but for the bytes of a
record that could not be mapped. All datetimes are aware UTC.
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
    """A complete reply; the body is decoded and under the size cap."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]:
        """Case-insensitive."""

    @property
    def body(self) -> bytes: ...
    @property
    def raw(self) -> RawReply:
        """The body as it came over the wire."""

    @property
    def url(self) -> str:
        """Where it came from, after redirects."""

    @property
    def moved_permanently(self) -> bool:
        """A redirect on the way said that the address has changed for good."""


class Http(Protocol):
    """The one door out, as a provider sees it (`integrations.http.session.Session`)."""

    def get(
        self, url: str, *, endpoint: str, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        """Ask once, with retries for what passes by itself.

        `endpoint` is the template for the log (`/repos/{owner}/{repo}/issues`), without values.
        Any status below 500 comes back as a reply, for the provider to judge; so does one from
        500 on that says when to come back (`Retry-After`).
        Raises ProviderUnavailable (network, 5xx after the last try), ProviderResponseError
        (over the size cap, broken encoding), ProviderConfigError (an address not allowed),
        ProviderRateLimited (before the end of a `pause`).
        """

    def post(
        self, url: str, *, endpoint: str, body: object, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        """A question that is asked by POST with a JSON body; as safe to repeat as `get`."""

    def pause(self, wait: timedelta) -> None:
        """The tracker asked, in a reply that is fine otherwise, not to be asked again so soon.

        Nobody who spends the same quota asks before that.
        """

    def note_quota(self, *, limit: int, remaining: int, resets_at: datetime) -> None:
        """What a body says of the request limit; `x-ratelimit-*` headers are read anyway."""


class Webhooks(Protocol):
    """How a tracker pushes: whether a delivery is genuine, and what it hints at.

    `headers` have lower-case names, `body` is what was signed, to the byte.
    """

    def is_genuine(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
        """Signed with one of the secrets; compared in constant time, before any parsing."""

    def read(self, headers: Mapping[str, str], body: bytes) -> WebhookNotice:
        """What is hinted at; unknown events are notices that name nothing. Raises
        ProviderResponseError where the body is not what the tracker sends."""

    def steps(self, *, scope: Scope, web_url: str, url: str, secret: str) -> tuple[str, ...]:
        """How a person sets it up in the tracker, one sentence a step."""


@runtime_checkable
class AsksMany(Protocol):
    """A provider whose tracker takes many ids in one request."""

    def fetch_many(self, refs: Sequence[IssueRef]) -> Mapping[str, Found | Gone]:
        """What `fetch_one` would say of each, by stable id; whoever is left out is asked alone."""


class Provider(Protocol):
    """One tracker scope, readable. Built by `registry.build`."""

    name: ClassVar[str]
    title: ClassVar[str]
    default_base_url: ClassVar[str]
    """Empty where each has an address of its own."""
    inputs: ClassVar[tuple[ConnectInput, ...]]
    """What a person gives to connect a scope; `scope_of` takes these by name."""
    trusted_origins: ClassVar[tuple[str, ...]]
    """Where else the credential may go (a vendor's gateway)."""
    overlap: ClassVar[timedelta]
    """How far before the last pass's start the next one begins."""
    feeds: ClassVar[tuple[Feed, ...]]
    """Read in this order; history that comes along with the issues has no feed of its own."""
    marked_feeds: ClassVar[frozenset[Feed]]
    """Feeds without `since`: read newest first, down to a mark."""
    has_etags: ClassVar[bool]
    """An unchanged first page is answered 304 at no cost."""
    quota_is_per_address: ClassVar[bool]
    """All that is asked from this machine spends one quota, whatever the token."""
    issues_move: ClassVar[bool]
    """An issue is in one scope at a time and keeps its id when it moves to another."""
    webhooks: ClassVar[Webhooks | None]

    def __init__(self, scope: Scope, http: Http) -> None: ...

    @staticmethod
    def scope_of(given: Mapping[str, Any]) -> Scope:
        """The scope to check, of what a person gave for `inputs` (absent ones are empty).
        Raises ProviderConfigError, with the fix, where it cannot be one."""

    def check(self) -> ScopeInfo:
        """Name the scope with as few calls as it takes, or raise with the fix in the message."""

    def fetch_issues(self, cursor: Cursor) -> Iterator[Page[IssueRecord]]:
        """Everything updated since, in an order that loses nothing while people edit."""

    def fetch_comments(self, cursor: Cursor) -> Iterator[Page[CommentRecord]]:
        """Only of a provider that has this feed."""

    def fetch_transitions(self, cursor: Cursor) -> Iterator[Page[TransitionRecord]]:
        """Only of a provider that has this feed."""

    def census(self, page_token: str = "") -> Iterator[Page[CensusEntry]]:
        """All ids there are, as cheaply as the provider allows."""

    def count(self) -> int | None:
        """How many issues there are upstream, in one cheap call; None where nobody tells."""

    def statuses(self) -> Mapping[str, Status]:
        """Every status an issue of this scope may have, by the tracker's own word."""

    def fetch_one(self, ref: IssueRef) -> Found | Gone:
        """Ask for one issue; `Gone` only where the provider says so of this issue."""

    def parse_one(self, feed: Feed, raw: bytes) -> FeedRecord | RejectedRecord | None:
        """Map one raw record again, without a request; None: it is not an issue's."""

    def parse_page(self, feed: Feed, replies: Sequence[bytes]) -> Page[Any]:
        """Map a kept page (`Page.raw`, unpacked) again, without a request."""
