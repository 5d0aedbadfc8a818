"""Encoded shapes of issues and history in responses.

`issues.api.serializers` describes them for OpenAPI; a test compares both. Model instances and
serializers would cost more than half of a request.
"""

from datetime import datetime
from typing import Literal

import msgspec

Kind = Literal["comment", "transition"]
MomentOut = datetime | str
"""Datetime; on SQLite a string, already in the encoded form."""


# --- what leaves ---------------------------------------------------------------------------------


class PersonOut(msgspec.Struct, frozen=True):
    id: int
    login: str
    display_name: str
    is_bot: bool
    is_deleted: bool


class IssueOut(msgspec.Struct, frozen=True):
    """Fields in the order of the SELECT in `issues.queries.rows`."""

    id: int
    project_id: int
    provider: str
    source_issue_id: str
    key: str
    url: str
    title: str
    body: str
    status: str
    source_status: str
    outcome: str | None
    type: str
    priority: str
    author: PersonOut | None
    assignees: list[PersonOut]
    labels: list[str]
    components: list[str]
    comment_count: int | None
    reopen_count: int | None
    opened_at: MomentOut
    closed_at: MomentOut | None
    source_updated_at: MomentOut
    first_response_at: MomentOut | None
    removed_at: MomentOut | None
    removed_reason: str
    moved_to: str | None


class IssueDetailOut(IssueOut, frozen=True):
    former_keys: list[str]


class HistoryEntryOut(msgspec.Struct, frozen=True, rename={"from_value": "from"}, kw_only=True):
    """Comment or change of one field; fields of the other kind are None."""

    kind: Kind
    at: datetime
    actor: PersonOut | None
    field: str | None = None
    from_value: str | None = None
    to: str | None = None
    body: str | None = None
    url: str | None = None
