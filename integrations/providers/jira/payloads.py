"""Structures of both dialects' JSON, limited to the fields in use.

Dates stay text here, so that a bad date does not reject its record.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/
"""

from typing import Annotated, Any

import msgspec

Id = str | int
Count = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Moment = str | int | None
"""Date in ISO 8601, or a number in the bulk changelog."""


class User(msgspec.Struct, rename="camel"):
    account_id: str | None = None
    account_type: str | None = None
    key: str | None = None
    name: str | None = None
    display_name: str | None = None
    email_address: str | None = None
    active: bool | None = None


class Named(msgspec.Struct):
    name: str | None = None


class Category(msgspec.Struct):
    key: str


class StatusPayload(msgspec.Struct, rename="camel"):
    name: str
    status_category: Category
    id: Id = ""


class ProjectRef(msgspec.Struct):
    id: Id = ""
    key: str = ""


class Other(msgspec.Struct):
    id: Id = ""
    key: str = ""


class LinkType(msgspec.Struct):
    name: str = ""
    inward: str = ""
    outward: str = ""


class LinkPayload(msgspec.Struct, rename="camel"):
    type: LinkType
    inward_issue: Other | None = None
    outward_issue: Other | None = None


class CommentsPayload(msgspec.Struct):
    comments: list[Any] = []
    total: Count | None = None


class HistoriesPayload(msgspec.Struct):
    histories: list[Any] = []
    total: Count | None = None


class IssueFields(msgspec.Struct):
    status: StatusPayload
    created: str
    updated: str
    summary: str | None = None
    project: ProjectRef | None = None
    description: Any = None
    resolution: Named | None = None
    resolutiondate: Moment = None
    statuscategorychangedate: Moment = None
    archiveddate: Moment = None
    issuetype: Named | None = None
    priority: Named | None = None
    reporter: User | None = None
    creator: User | None = None
    assignee: User | None = None
    labels: list[str] | None = None
    components: list[Named] | None = None
    issuelinks: list[LinkPayload] | None = None
    parent: Other | None = None
    comment: CommentsPayload | None = None


class IssuePayload(msgspec.Struct):
    id: Id
    key: str
    fields: IssueFields
    changelog: HistoriesPayload | None = None


class CommentPayload(msgspec.Struct, rename="camel"):
    id: Id
    created: str
    updated: str | None = None
    body: Any = None
    author: User | None = None


class Change(msgspec.Struct, rename="camel"):
    field: str = ""
    field_id: str | None = None
    from_id: Id | None = msgspec.field(name="from", default=None)
    from_string: str | None = None
    to_id: Id | None = msgspec.field(name="to", default=None)
    to_string: str | None = None


class HistoryPayload(msgspec.Struct):
    id: Id
    created: str | int
    author: User | None = None
    items: list[Change] = []


class IssueHistories(msgspec.Struct, rename="camel"):
    """Entries of one issue in the bulk changelog."""

    issue_id: Id
    change_histories: list[Any] = []


class CensusFields(msgspec.Struct):
    updated: Moment = None


class CensusPayload(msgspec.Struct):
    id: Id
    key: str
    fields: CensusFields | None = None


# --- other replies ------------------------------------------------------------------------------


class ServerPayload(msgspec.Struct, rename="camel"):
    deployment_type: str = "Server"
    """Deployment type; old servers, which are never Cloud, do not report it."""
    base_url: str = ""
    version: str | None = None


class TenantPayload(msgspec.Struct, rename="camel"):
    cloud_id: str


class MyselfPayload(User, rename="camel"):
    time_zone: str | None = None


class ProjectPayload(msgspec.Struct):
    id: Id
    key: str
    name: str | None = None
    archived: bool | None = None


class CountPayload(msgspec.Struct):
    count: Count


class TotalPayload(msgspec.Struct):
    total: Count


class TypeStatuses(msgspec.Struct):
    statuses: list[StatusPayload] = []


class TokenPayload(msgspec.Struct, rename="camel"):
    """Paging members of a list read by token or by offset."""

    next_page_token: str | None = None
    total: Count | None = None
