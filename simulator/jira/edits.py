"""One field set at a time: each returns the changelog items it leaves, none where nothing changed.

The past and the changes of today are written with the same pen.
"""

from collections.abc import Sequence

from .model import Issue, Item, Project
from .people import Accounts
from .scheme import LINK_TYPES, PRIORITIES, RESOLUTIONS, TYPES

Items = list[Item]
SPRINT_FIELD, EPIC_FIELD = "customfield_10020", "customfield_10014"
FLAG_FIELD = "customfield_10021"


def set_status(issue: Issue, project: Project, status: str, resolution: str | None,
               at: int) -> Items:  # fmt: skip
    """A resolution comes with a done status and goes with it, except in team-managed projects."""
    wanted = resolution if project.is_done(status) and not project.team_managed else None
    before, after = project.statuses[issue.status], project.statuses[status]
    items = [
        *_changed("resolution", (_resolution_id(issue.resolution), issue.resolution),
                  (_resolution_id(wanted), wanted)),
        *_changed("status", (before.id, before.name), (after.id, after.name)),
    ]  # fmt: skip
    if wanted != issue.resolution:
        issue.resolution, issue.resolved = wanted, at if wanted else None
    issue.status = status
    return items


def set_assignee(issue: Issue, login: str | None, accounts: Accounts, *, cloud: bool) -> Items:
    before, after = _person(issue.assignee, accounts, cloud), _person(login, accounts, cloud)
    issue.assignee = login
    return _changed("assignee", before, after)


def set_summary(issue: Issue, summary: str) -> Items:
    items = _changed("summary", (None, issue.summary), (None, summary))
    issue.summary = summary
    return items


def set_body(issue: Issue, body: str | None) -> Items:
    items = _changed("description", (None, issue.body), (None, body))
    issue.body = body
    return items


def set_labels(issue: Issue, labels: Sequence[str]) -> Items:
    """The whole set before and after, joined by blanks: labels have none."""
    items = _changed("labels", (None, " ".join(issue.labels)), (None, " ".join(labels)))
    issue.labels = list(labels)
    return items


def set_type(issue: Issue, name: str) -> Items:
    before, after = TYPES[issue.type], TYPES[name]
    issue.type = name
    return _changed("issuetype", (before.id, before.name), (after.id, after.name))


def set_priority(issue: Issue, name: str | None) -> Items:
    items = _changed("priority", _priority(issue.priority), _priority(name))
    issue.priority = name
    return items


def set_sprint(issue: Issue, sprint: int) -> Items:
    before, after = _sprint(issue.sprint), _sprint(sprint)
    issue.sprint = sprint
    return [Item("Sprint", SPRINT_FIELD, "custom", *before, *after)] if before != after else []


def set_flag(issue: Issue, *, flagged: bool) -> Items:
    """An impediment: somebody waits for something."""
    before, after = _flag(flagged=issue.flagged), _flag(flagged=flagged)
    issue.flagged = flagged
    return [Item("Flagged", FLAG_FIELD, "custom", *before, *after)] if before != after else []


def set_parent(issue: Issue, old: Issue | None, new: Issue | None, *, cloud: bool) -> Items:
    """In the Cloud under one name and without a field id; a server tells epics from wholes."""
    before = (str(old.id), old.key) if old else (None, None)
    after = (str(new.id), new.key) if new else (None, None)
    issue.parent = new.id if new else None
    if cloud:
        return [Item("IssueParentAssociation", None, "jira", *before, *after)]
    if issue.type == "Sub-task":
        return [Item("Parent", None, "jira", *before, *after)]
    return [Item("Epic Link", EPIC_FIELD, "custom", *before, *after)]


def link_item(type_name: str, other: str, *, outward: bool, gone: bool = False) -> Item:
    """`other` is the key at the far end; `outward`: this issue is the one that blocks."""
    kind = LINK_TYPES[type_name]
    told = f"This issue {kind.outward if outward else kind.inward} {other}"
    if gone:
        return Item("Link", "issuelinks", before=other, before_text=told)
    return Item("Link", "issuelinks", after=other, after_text=told)


def moved_items(old: tuple[Project, str], new: tuple[Project, str]) -> Items:
    return [
        *_changed("project", (str(old[0].id), old[0].name), (str(new[0].id), new[0].name)),
        Item("Key", None, "jira", None, old[1], None, new[1]),
    ]


Pair = tuple[str | None, str | None]


def _changed(field: str, before: Pair, after: Pair) -> Items:
    return [Item(field, field, "jira", *before, *after)] if before != after else []


def _resolution_id(name: str | None) -> str | None:
    return RESOLUTIONS[name].id if name else None


def _person(login: str | None, accounts: Accounts, cloud: bool) -> Pair:  # noqa: FBT001  private
    if login is None:
        return None, None
    account = accounts.named(login)
    return account.account_id if cloud else account.key, account.name


def _priority(name: str | None) -> Pair:
    return (PRIORITIES[name].id, name) if name else (None, None)


def _flag(*, flagged: bool) -> Pair:
    return ("[10019]", "Impediment") if flagged else ("", "")


def _sprint(sprint: int) -> Pair:
    return (str(30 + sprint), f"Sprint {sprint}") if sprint else ("", "")
