"""Structures of GitHub's JSON, limited to the fields in use.

https://docs.github.com/rest/issues
"""

from datetime import datetime
from typing import Annotated

import msgspec

Id = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Present(msgspec.Struct):
    """Any object; only its presence matters."""


class User(msgspec.Struct):
    id: Id
    login: str
    type: str = "User"
    html_url: str = ""


class Named(msgspec.Struct):
    name: str | None = None


class Titled(msgspec.Struct):
    title: str | None = None


class Label(msgspec.Struct):
    name: str | None = None
    color: str | None = None


class Rename(msgspec.Struct):
    to: str
    former: str = msgspec.field(name="from")


class DependenciesSummary(msgspec.Struct):
    """Counts of blockers. `blocked_by` counts open ones only; old servers have only it."""

    blocked_by: int = 0
    total_blocked_by: int | None = None


class IssuePayload(msgspec.Struct):
    id: Id
    number: Id
    title: str
    state: str
    created_at: Moment
    updated_at: Moment
    html_url: str = ""
    body: str | None = None
    state_reason: str | None = None
    closed_at: Moment | None = None
    type: Named | None = None
    user: User | None = None
    assignees: list[User] | None = None
    labels: list[Label | str] | None = None
    comments: int | None = None
    pull_request: Present | None = None
    parent_issue_url: str | None = None


class BlockedPayload(msgspec.Struct):
    """Number of an issue's blockers; its record does not name them."""

    id: Id
    number: Id
    pull_request: Present | None = None
    issue_dependencies_summary: DependenciesSummary | None = None


class BlockerPayload(msgspec.Struct):
    id: Id
    number: Id
    html_url: str = ""


class CommentPayload(msgspec.Struct):
    id: Id
    html_url: str
    created_at: Moment
    updated_at: Moment
    body: str | None = None
    user: User | None = None


class EventIssue(msgspec.Struct):
    id: Id
    number: Id
    pull_request: Present | None = None


class EventPayload(msgspec.Struct):
    id: Id
    event: str
    created_at: Moment
    issue: EventIssue | None = None
    actor: User | None = None
    assigner: User | None = None
    assignee: User | None = None
    label: Label | None = None
    milestone: Titled | None = None
    rename: Rename | None = None
    issue_type: Named | None = None
    prev_issue_type: Named | None = None


class CensusPayload(msgspec.Struct):
    id: Id
    number: Id
    updated_at: Moment | None = None
    pull_request: Present | None = None


class EventStamp(msgspec.Struct):
    id: Id
    created_at: Moment
    event: str = ""
    issue: EventIssue | None = None


class IssuePlace(msgspec.Struct):
    html_url: str = ""
    repository_url: str = ""


class RepositoryPayload(msgspec.Struct):
    id: Id
    full_name: str
    html_url: str = ""
    private: bool | None = None
    has_issues: bool = True


class FoundPayload(msgspec.Struct):
    """Totals of a search."""

    total_count: Annotated[int, msgspec.Meta(ge=0)]
    incomplete_results: bool = False
