"""What is asked of both dialects: the JQL, the fields, the pages of what is long."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from integrations.providers.contract.base import ProviderResponseError, Scope
from integrations.providers.jira.client import Question, segment

Members = Mapping[str, bytes | msgspec.Raw]
FIELDS = (
    "summary", "description", "project", "status", "resolution", "resolutiondate",
    "statuscategorychangedate", "issuetype", "priority", "reporter", "creator", "assignee",
    "labels", "components", "issuelinks", "parent", "comment", "created", "updated",
)  # fmt: skip
ISSUES_A_PAGE = 100
COMMENTS_A_PAGE = 100
MAX_PAGES = 20_000
"""More than any project has: whoever goes on is being led in circles."""


class Search(msgspec.Struct, frozen=True, kw_only=True):
    jql: str
    fields: tuple[str, ...]
    size: int
    with_history: bool = False
    """With all that the dialect has in the rows themselves."""
    may_be_idle: bool = False
    """Asks for what was updated since: there may well be nothing."""


def issues_of(scope: Scope, since: datetime | None = None) -> str:
    """Every issue of the project that was updated since.

    The project by its id, which outlives its key. The time as milliseconds since 1970: a written
    one would be read in the time zone of whoever asks, to the minute. Ordered by created: by
    updated, what is edited meanwhile would push others out of sight.
    """
    project = scope.scope_id if scope.scope_id.isdecimal() else f'"{scope.scope}"'
    updated = f" AND updated >= {int(since.timestamp() * 1000)}" if since else ""
    return f"project = {project}{updated} ORDER BY created ASC, id ASC"


def statuses_of(scope: Scope) -> Question:
    """https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-projects/"""
    return Question(
        path=f"/project/{segment(scope.scope_id or scope.scope)}/statuses",
        endpoint="/project/{project}/statuses",
    )


def comments_of(issue_id: str, start: int) -> Question:
    """https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-comments/"""
    return Question(
        path=f"/issue/{segment(issue_id)}/comment",
        endpoint="/issue/{issue}/comment",
        query={
            "startAt": str(start),
            "maxResults": str(COMMENTS_A_PAGE),
            "orderBy": "created",
        },
    )


def one_issue(name: str, expand: str, more_fields: Sequence[str]) -> Question:
    """https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/"""
    fields = {"fields": ",".join((*FIELDS, *more_fields, "archiveddate"))}
    return Question(
        path=f"/issue/{segment(name)}",
        endpoint="/issue/{issue}",
        query=fields | ({"expand": expand} if expand else {}),
    )


def members_of(body: bytes) -> Members:
    """Of a reply that is one object."""
    try:
        return dict(msgspec.json.decode(body, type=dict[str, msgspec.Raw]))
    except (ValueError, RecursionError):
        raise ProviderResponseError("Jira sent something else than its API promises.") from None


def text_of(members: Members, name: str) -> str:
    """A text beside the list of a reply; empty where there is none."""
    value = _member(members, name)
    if value is not None and not isinstance(value, str):
        raise _senseless(name)
    return value or ""


def count_of(members: Members, name: str) -> int:
    """A number beside the list of a reply, which must be there."""
    value = _member(members, name)
    if not isinstance(value, int) or value < 0:
        raise _senseless(name)
    return value


def _member(members: Members, name: str) -> object:
    try:
        value: object = msgspec.json.decode(members.get(name, b"null"))
    except (ValueError, RecursionError):
        raise _senseless(name) from None
    return value


def _senseless(name: str) -> ProviderResponseError:
    return ProviderResponseError(f"Jira sent a page whose `{name}` makes no sense.")


def refuse_circles(token: str, seen: set[str], rows: Sequence[object], number: int) -> None:
    """A list that goes on must go on to something new, and come to an end."""
    if not rows:
        raise ProviderResponseError("Jira sent an empty page and says that more follow.")
    if token in seen or number >= MAX_PAGES:
        raise ProviderResponseError("Jira sends the same pages round and round.")
    seen.add(token)
