"""Common interface of both dialects: listings of issues and their history."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import msgspec

from integrations.providers.contract.base import HttpResponse, ProviderConfigError
from integrations.providers.jira.client import Question
from integrations.providers.jira.jql import Search
from integrations.providers.jira.payloads import Id, IssuePayload
from integrations.providers.jira.response_source import Replies

Ask = Callable[[Question], HttpResponse]


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """Page of a search."""

    reply: HttpResponse
    rows: Sequence[bytes | msgspec.Raw]
    token: str
    """Token that fetches this same page again."""
    next_token: str | None
    total: int | None = None


class Histories(msgspec.Struct, frozen=True):
    """Unparsed changelogs of a page's issues by issue id."""

    by_issue: dict[str, list[Any]]
    cut: tuple[str, ...] = ()
    """Keys of issues with a changelog longer than Jira returns."""


class _Identity(msgspec.Struct):
    id: Id = ""


class Dialect(Protocol):
    expand: str
    """Value of `expand` for a single issue."""

    def body(self, tree: object) -> str:
        """Convert a description or comment to Markdown."""

    def more_fields(self, ask: Ask) -> tuple[str, ...]:
        """Return the ids of fields whose ids differ by server."""

    def complete(self, issue: IssuePayload, row: bytes | msgspec.Raw) -> None:
        """Copy the values of these fields into the issue."""

    def listings(self, ask: Ask, search: Search, token: str) -> Iterator[Listing]:
        """Yield the pages of a search from the first or from the token's page."""

    def histories(self, issues: Sequence[IssuePayload], replies: Replies) -> Histories:
        """Return the whole changelog of each issue."""

    def count(self, jql: str) -> tuple[Question, str]:
        """Return the count request and the name of the count in its reply."""


def row_id(row: bytes | msgspec.Raw) -> str:
    """Return the row's issue id; empty if unreadable."""
    try:
        return str(msgspec.json.decode(row, type=_Identity).id)
    except (ValueError, RecursionError):
        return ""


def stale(token: str) -> ProviderConfigError:
    """Return the error for an invalid page token; the engine restarts the pass."""
    return ProviderConfigError(f"The page token ({token[:20]}) is not valid for Jira.")
