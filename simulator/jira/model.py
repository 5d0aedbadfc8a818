"""What a simulated Jira knows of one issue. Times are milliseconds since 1970."""

from typing import Any

import msgspec

from .scheme import DONE, STATUSES, Status


class Item(msgspec.Struct, frozen=True):
    """One field that a change touched. `before` and `after` are ids, the others what people see."""

    field: str
    field_id: str | None = None
    """Absent for some fields, as in the real thing: the key, a parent."""
    kind: str = "jira"
    before: str | None = None
    before_text: str | None = None
    after: str | None = None
    after_text: str | None = None


class Entry(msgspec.Struct, frozen=True):
    """One line of the changelog: several fields may change together."""

    id: int
    author: str | None
    """A login; None where Jira itself acted and names nobody."""
    at: int
    items: tuple[Item, ...]


class Comment(msgspec.Struct, frozen=True):
    id: int
    issue: int
    author: str
    body: str
    created: int
    updated: int
    editor: str
    raw: Any = None
    """A document to show in place of the body, whatever it is."""


class Link(msgspec.Struct, frozen=True):
    """`source` blocks (duplicates, relates to) `target`; both ends report it."""

    id: int
    type: str
    source: int
    target: int


class Issue(msgspec.Struct):
    """An issue as it is now. Texts are written in Markdown and shown as documents or wiki text."""

    id: int
    key: str
    project: str
    type: str
    summary: str
    body: str | None
    reporter: str
    created: int
    updated: int
    status: str = "To Do"
    priority: str | None = "Medium"
    assignee: str | None = None
    resolution: str | None = None
    resolved: int | None = None
    labels: list[str] = []
    components: list[str] = []
    parent: int | None = None
    sprint: int = 0
    flagged: bool = False
    comments: list[Comment] = []
    entries: list[Entry] = []
    links: list[Link] = []
    duplicate_of: int | None = None
    """The truth: which earlier issue tells of the same problem, noticed or not."""
    hidden: bool = False
    """By a security level: only accounts that may see everything see it."""
    archived: bool = False
    raw: Any = None
    """A document to show in place of the body, whatever it is."""
    version: int = 0
    """Rises whenever what is shown of it changes, also by a change to a neighbour."""

    def copied(self) -> "Issue":
        """As it is now, whatever happens to it later."""
        return msgspec.structs.replace(
            self, labels=list(self.labels), components=list(self.components),
            comments=list(self.comments), entries=list(self.entries), links=list(self.links),
        )  # fmt: skip


class Gone(msgspec.Struct, frozen=True):
    """An issue that is no more, as it was last."""

    issue: Issue
    reason: str = "deleted"


class Project(msgspec.Struct):
    key: str
    id: int
    name: str
    count: int
    """How many issues its past has."""
    first_id: int
    team_managed: bool = False
    """Done is a status and nothing else there: no resolution, no time of it."""
    hidden: bool = False
    archived: bool = False
    next_number: int = 1
    statuses: dict[str, Status] = msgspec.field(default_factory=lambda: dict(STATUSES))
    """As they are called and counted today, by what they were called at first."""

    def first_name(self, status: str) -> str:
        """Of a status by any of its names; issues keep it, whatever the status is called today."""
        today = {each.name: first for first, each in self.statuses.items()}
        name = today.get(status, status)
        if name not in self.statuses:
            raise LookupError(f"{status!r} is none of {', '.join(today)}")
        return name

    def is_done(self, status: str) -> bool:
        return self.statuses[status].category is DONE

    def done_ids(self) -> set[str]:
        return {each.id for each in self.statuses.values() if each.category is DONE}

    def issue_id(self, number: int) -> int:
        return self.first_id + number


class Account(msgspec.Struct, frozen=True):
    """Somebody, in the words of both Jiras."""

    login: str
    account_id: str
    key: str
    name: str
    email: str
    zone: str = "Etc/UTC"
    app: bool = False
    active: bool = True
