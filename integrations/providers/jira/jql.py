"""Requests common to both dialects: JQL, fields and paging of long lists."""

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
"""Page limit above any real project; more pages mean an endless loop."""


class Search(msgspec.Struct, frozen=True, kw_only=True):
    jql: str
    fields: tuple[str, ...]
    size: int
    with_history: bool = False
    """Set to include the history that the dialect returns in rows."""
    may_be_idle: bool = False
    """Set for incremental searches, which are often empty."""


def issues_of(scope: Scope, since: datetime | None = None) -> str:
    """Build the JQL for the project's issues updated since.

    Uses the project's id, because its key may change; the time in milliseconds since 1970, because
    a date is read in the account's time zone, to the minute. Ordered by created: ordered by
    updated, edits during the pass would hide other issues.
    """
    project = scope.scope_id if scope.scope_id.isdecimal() else f'"{scope.scope}"'
    updated = f" AND updated >= {int(since.timestamp() * 1000)}" if since else ""
    return f"project = {project}{updated} ORDER BY created ASC, id ASC"


def statuses_of(scope: Scope) -> Question:
    """Build the request for the project's statuses.

    https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-projects/
    """
    return Question(
        path=f"/project/{segment(scope.scope_id or scope.scope)}/statuses",
        endpoint="/project/{project}/statuses",
    )


def comments_of(issue_id: str, start: int) -> Question:
    """Build the request for one page of an issue's comments.

    https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-comments/
    """
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
    """Build the request for one issue by id or key.

    https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/
    """
    fields = {"fields": ",".join((*FIELDS, *more_fields, "archiveddate"))}
    return Question(
        path=f"/issue/{segment(name)}",
        endpoint="/issue/{issue}",
        query=fields | ({"expand": expand} if expand else {}),
    )


def members_of(body: bytes) -> Members:
    """Return the members of a JSON object, undecoded. Raises ProviderResponseError."""
    try:
        return dict(msgspec.json.decode(body, type=dict[str, msgspec.Raw]))
    except (ValueError, RecursionError):
        raise ProviderResponseError("Jira did not send the JSON that its API specifies.") from None


def text_of(members: Members, name: str) -> str:
    """Return a text member of a reply; empty if missing."""
    value = _member(members, name)
    if value is not None and not isinstance(value, str):
        raise _senseless(name)
    return value or ""


def count_of(members: Members, name: str) -> int:
    """Return a count in a reply. Raises ProviderResponseError if missing."""
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
    return ProviderResponseError(f"Jira sent a page with an invalid `{name}`.")


def refuse_circles(token: str, seen: set[str], rows: Sequence[object], number: int) -> None:
    """Raise ProviderResponseError if a list repeats pages or never ends."""
    if not rows:
        raise ProviderResponseError("Jira sent an empty page although more pages follow.")
    if token in seen or number >= MAX_PAGES:
        raise ProviderResponseError("Jira sends the same pages repeatedly.")
    seen.add(token)
