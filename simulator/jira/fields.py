"""The fields of an issue, each as Jira writes it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import parts
from .edits import EPIC_FIELD, FLAG_FIELD, SPRINT_FIELD
from .field_selection import Wanted
from .model import Issue, Link
from .parts import Json
from .scheme import LINK_TYPES

if TYPE_CHECKING:
    from .render import Renderer

Write = Callable[["Renderer", Issue], Any]


def fields_of(render: "Renderer", issue: Issue, wanted: Wanted) -> Json:
    """Those that are wanted. `comment` is left to the renderer: how many it shows depends."""
    known = CLOUD_FIELDS if render.flavor.cloud else SERVER_FIELDS
    fields = {name: write(render, issue) for name, write in known.items() if wanted.has(name)}
    if fields.get("parent", issue) is None:
        del fields["parent"]
    return fields


# --- neighbours ---------------------------------------------------------------------------------


def _links(render: "Renderer", issue: Issue) -> list[Json]:
    """Each end sees the other; links to what is hidden are left out."""
    ends = ((link, render.seen(_far_end(link, issue))) for link in issue.links)
    return [_link(render, link, issue, other) for link, other in ends if other]


def _far_end(link: Link, issue: Issue) -> int:
    return link.target if link.source == issue.id else link.source


def _link(render: "Renderer", link: Link, issue: Issue, other: Issue) -> Json:
    kind, rest = LINK_TYPES[link.type], render.flavor.rest
    side = "outwardIssue" if link.source == issue.id else "inwardIssue"
    return {
        "id": str(link.id),
        "self": f"{rest}/issueLink/{link.id}",
        "type": {
            "id": kind.id, "name": kind.name, "inward": kind.inward, "outward": kind.outward,
            "self": f"{rest}/issueLinkType/{kind.id}",
        },
        side: render.brief(other),
    }  # fmt: skip


def _parent(render: "Renderer", issue: Issue) -> Json | None:
    """On a server only parts have one: who belongs to an epic names it in a field of its own."""
    parent = render.seen(issue.parent)
    shown = parent and (render.flavor.cloud or issue.type == "Sub-task")
    return render.brief(parent) if parent and shown else None


def _epic(render: "Renderer", issue: Issue) -> str | None:
    parent = render.seen(issue.parent)
    return parent.key if parent and issue.type != "Sub-task" else None


def _subtasks(render: "Renderer", issue: Issue) -> list[Json]:
    return [render.brief(x) for x in render.jira.children(issue) if x.type == "Sub-task"]


# --- the rest -----------------------------------------------------------------------------------


def _watches(render: "Renderer", issue: Issue) -> Json:
    url = f"{render.flavor.rest}/issue/{issue.key}/watchers"
    return {"self": url, "watchCount": issue.id % 4, "isWatching": False}


def _votes(render: "Renderer", issue: Issue) -> Json:
    url = f"{render.flavor.rest}/issue/{issue.key}/votes"
    return {"self": url, "votes": issue.id % 3, "hasVoted": False}


def _category_changed(render: "Renderer", issue: Issue) -> str:
    """When the status last changed, or the issue was made."""
    moments = [e.at for e in issue.entries if any(i.field == "status" for i in e.items)]
    return render.at(moments[-1] if moments else issue.created)


def _security(_: "Renderer", issue: Issue) -> Json | None:
    return {"id": "10000", "name": "Team only", "description": ""} if issue.hidden else None


def _archived(render: "Renderer", issue: Issue) -> str | None:
    return render.at(issue.updated) if issue.archived else None


FIELDS: dict[str, Write] = {
    "issuetype": lambda r, i: parts.issue_type(i.type, r.flavor),
    "parent": _parent,
    "project": lambda r, i: parts.project(r.jira.projects[i.project], r.flavor),
    "summary": lambda r, i: i.summary,
    "description": lambda r, i: r.text(i.body, i.raw),
    "environment": lambda r, i: None,
    "status": lambda r, i: parts.status(r.status_of(i), r.flavor),
    "priority": lambda r, i: parts.priority(i.priority, r.flavor),
    "resolution": lambda r, i: parts.resolution(i.resolution, r.flavor),
    "resolutiondate": lambda r, i: r.at(i.resolved) if i.resolved else None,
    "created": lambda r, i: r.at(i.created),
    "updated": lambda r, i: r.at(i.updated),
    "duedate": lambda r, i: None,
    "labels": lambda r, i: i.labels,
    "components": lambda r, i: [parts.component(c, r.flavor) for c in i.components],
    "fixVersions": lambda r, i: [],
    "versions": lambda r, i: [],
    "assignee": lambda r, i: r.user(i.assignee),
    "reporter": lambda r, i: r.user(i.reporter),
    "creator": lambda r, i: r.user(i.reporter),
    "issuelinks": _links,
    "subtasks": _subtasks,
    SPRINT_FIELD: lambda r, i: parts.sprint(i.sprint, r.flavor),
    FLAG_FIELD: lambda r, i: [{"id": "10019", "value": "Impediment"}] if i.flagged else None,
    "watches": _watches,
    "votes": _votes,
    "security": _security,
    "attachment": lambda r, i: [],
    "comment": lambda r, i: None,
}
CLOUD_FIELDS = FIELDS | {"statuscategorychangedate": _category_changed}
SERVER_FIELDS = FIELDS | {EPIC_FIELD: _epic, "archiveddate": _archived}
