"""What is really there, for tests to compare with what a reader made of it.

Times are milliseconds since 1970.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from .model import Comment, Issue, Project

if TYPE_CHECKING:
    from .state import Jira


class Truth(msgspec.Struct, frozen=True):
    """One issue as it is; `gone` says why it is no longer there."""

    id: int
    key: str
    project: str
    type: str
    title: str
    body: str | None
    status: str
    category: str
    """new, indeterminate or done"""
    resolution: str | None
    created_at: int
    updated_at: int
    resolved_at: int | None
    """As Jira tells it: nothing in team-managed projects."""
    done_at: int | None
    """When it last came to a done status, where it still is in one."""
    reporter: str
    assignee: str | None
    priority: str | None
    labels: tuple[str, ...]
    components: tuple[str, ...]
    parent: int | None
    comments: int
    duplicate_of: int | None
    old_keys: tuple[str, ...] = ()
    hidden: bool = False
    archived: bool = False
    gone: str | None = None


class Transition(msgspec.Struct, frozen=True):
    """One change of status."""

    id: int
    issue: int
    key: str
    author: str | None
    at: int
    before: str
    after: str


class LinkTruth(msgspec.Struct, frozen=True):
    id: int
    type: str
    source: str
    target: str


def truth_of(jira: "Jira", project: str = "") -> Iterator[Truth]:
    """All issues by id, also those that are gone; of one project, or of all."""
    old_keys: dict[int, list[str]] = {}
    for key, issue_id in jira.aliases.items():
        old_keys.setdefault(issue_id, []).append(key)
    gone = {issue_id: one.reason for issue_id, one in jira.gone.items()}
    issues = {**jira.issues, **{issue_id: one.issue for issue_id, one in jira.gone.items()}}
    for issue_id in sorted(issues):
        issue = issues[issue_id]
        if not project or issue.project == project:
            keys = tuple(old_keys.get(issue_id, ()))
            yield _truth(jira, issue, keys, gone.get(issue_id))


def _truth(jira: "Jira", issue: Issue, old_keys: tuple[str, ...], gone: str | None) -> Truth:
    home = jira.projects[issue.project]
    return Truth(
        id=issue.id, key=issue.key, project=issue.project, type=issue.type, title=issue.summary,
        body=issue.body, status=home.statuses[issue.status].name,
        category=home.statuses[issue.status].category.key,
        resolution=issue.resolution, created_at=issue.created, updated_at=issue.updated,
        resolved_at=issue.resolved, done_at=done_at(issue, home), reporter=issue.reporter,
        assignee=issue.assignee, priority=issue.priority, labels=tuple(issue.labels),
        components=tuple(issue.components), parent=issue.parent, comments=len(issue.comments),
        duplicate_of=issue.duplicate_of, old_keys=old_keys,
        hidden=issue.hidden or home.hidden, archived=issue.archived or home.archived, gone=gone,
    )  # fmt: skip


def done_at(issue: Issue, home: Project) -> int | None:
    """When it was resolved, or else when it last came to a status that counts as done today.

    From one done status to another is not done anew.
    """
    if not home.is_done(issue.status):
        return None
    done: int | None = None
    ids = home.done_ids()
    moves = ((e.at, item) for e in issue.entries for item in e.items if item.field == "status")
    for at, item in moves:
        if item.after not in ids:
            done = None
        elif item.before not in ids:
            done = at
    return issue.resolved or done


def _changes(issue: Issue) -> Iterator[Transition]:
    for entry in issue.entries:
        for item in entry.items:
            if item.field == "status":
                yield Transition(entry.id, issue.id, issue.key, entry.author, entry.at,
                                 item.before_text or "", item.after_text or "")  # fmt: skip


def _there(jira: "Jira", project: str) -> Iterator[Issue]:
    return (i for i in jira.issues.values() if not project or i.project == project)


def comments_of(jira: "Jira", project: str = "") -> Iterator[Comment]:
    """All comments of issues that are there."""
    return (comment for issue in _there(jira, project) for comment in issue.comments)


def transitions_of(jira: "Jira", project: str = "") -> Iterator[Transition]:
    """All changes of status of issues that are there."""
    return (change for issue in _there(jira, project) for change in _changes(issue))


def links_of(jira: "Jira", project: str = "") -> Iterator[LinkTruth]:
    """Each link once, with the project of its source."""
    for issue in _there(jira, project):
        for link in issue.links:
            if link.source == issue.id and link.target in jira.issues:
                target = jira.issues[link.target].key
                yield LinkTruth(link.id, link.type, issue.key, target)
