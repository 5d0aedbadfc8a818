"""The provider contract: what a tracker module takes, what it gives, how it fails.

A provider is plain Python: no Django, no database, no settings, no sleeping. HTTP is handed in.
Records are normalised and not yet stored; raw JSON never leaves a provider but for the bytes of a
record that could not be mapped. All datetimes are aware UTC.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import ClassVar, Protocol

from integrations.providers.failures import (
    ProviderAccessDenied,
    ProviderAuthError,
    ProviderConfigError,
    ProviderError,
    ProviderNotFound,
    ProviderRateLimited,
    ProviderResponseError,
    ProviderUnavailable,
)
from integrations.providers.records import (
    CensusEntry,
    CommentRecord,
    Cursor,
    Feed,
    FeedRecord,
    Found,
    Gone,
    IssueRecord,
    IssueRef,
    LabelRecord,
    Outcome,
    Page,
    PersonRecord,
    RejectedRecord,
    RemovedReason,
    Scope,
    ScopeInfo,
    Status,
    TransitionRecord,
)

__all__ = [
    "CensusEntry",
    "CommentRecord",
    "Cursor",
    "Feed",
    "FeedRecord",
    "Found",
    "Gone",
    "Http",
    "HttpResponse",
    "IssueRecord",
    "IssueRef",
    "LabelRecord",
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
    "RejectedRecord",
    "RemovedReason",
    "Scope",
    "ScopeInfo",
    "Status",
    "TransitionRecord",
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

    def parse_one(self, feed: Feed, raw: bytes) -> FeedRecord | RejectedRecord | None:
        """Map one raw record again, without a request; None: it is not an issue's."""
