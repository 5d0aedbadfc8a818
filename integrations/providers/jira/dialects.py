"""What the dialects have in common: how a list of issues is read, and their history."""

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
    """One page of a search."""

    reply: HttpResponse
    rows: Sequence[bytes | msgspec.Raw]
    token: str
    """Asks for this very page again."""
    next_token: str | None
    total: int | None = None


class Histories(msgspec.Struct, frozen=True):
    """The changelogs of a page's issues by their ids, as they came."""

    by_issue: dict[str, list[Any]]
    cut: tuple[str, ...] = ()
    """Keys of issues whose changelog is longer than what Jira gives."""


class _Identity(msgspec.Struct):
    id: Id = ""


class Dialect(Protocol):
    expand: str
    """What to ask for with a single issue."""

    def body(self, tree: object) -> str:
        """A description or comment as Markdown."""

    def more_fields(self, ask: Ask) -> tuple[str, ...]:
        """What this server calls fields that have a name of their own on each."""

    def complete(self, issue: IssuePayload, row: bytes | msgspec.Raw) -> None:
        """Take what those fields say into the issue."""

    def listings(self, ask: Ask, search: Search, token: str) -> Iterator[Listing]:
        """The pages of a search, from the first or from where a token says."""

    def histories(self, issues: Sequence[IssuePayload], replies: Replies) -> Histories:
        """The whole changelog of each."""

    def count(self, jql: str) -> tuple[Question, str]:
        """The question how many there are, and the member of the answer that tells."""


def row_id(row: bytes | msgspec.Raw) -> str:
    """Empty where it cannot be read."""
    try:
        return str(msgspec.json.decode(row, type=_Identity).id)
    except (ValueError, RecursionError):
        return ""


def stale(token: str) -> ProviderConfigError:
    """A place to go on from that is none; the engine begins the pass anew."""
    return ProviderConfigError(f"The place to go on from ({token[:20]}) is none of Jira's.")
