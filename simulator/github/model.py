"""What the simulated GitHub knows of one issue, comment and event."""

import msgspec


class Issue(msgspec.Struct):
    """An issue or pull request as it is now."""

    number: int
    id: int
    title: str
    body: str | None
    author: str | None
    """A login; None where the account was deleted and not replaced by `ghost`."""
    created: int
    updated: int
    is_pull: bool = False
    labels: list[str] = []
    assignees: list[str] = []
    milestone: int = 0
    """Number of the milestone; 0: none."""
    type: str = ""
    state: str = "open"
    state_reason: str | None = None
    closed: int | None = None
    closed_by: str | None = None
    locked: bool = False
    comments: int = 0
    hearts: int = 0
    duplicate_of: int | None = None
    """The truth: which earlier issue tells of the same problem, noticed or not."""
    version: int = 0
    """Rises with each change; 0 is the history's own."""


class Comment(msgspec.Struct):
    id: int
    number: int
    author: str | None
    body: str
    created: int
    updated: int


class Event(msgspec.Struct):
    id: int
    number: int
    event: str
    actor: str | None
    created: int
    label: str = ""
    assignee: str = ""
    milestone: int = 0
    title_before: str = ""
    title_after: str = ""
    state_reason: str | None = None
    commit: str = ""
    type: str = ""


class Gone(msgspec.Struct, frozen=True):
    """An issue that is no longer in its repository."""

    reason: str
    """deleted (410), hidden (404) or transferred (301)."""
    repository: str = ""
    number: int = 0
    """Where it went."""
    issue: Issue | None = None
    """As it was last."""


class Happening(msgspec.Struct, frozen=True):
    """A change as its listeners hear of it, when all of it is done."""

    action: str
    """As a webhook names it: opened, edited, labeled, ..."""
    issue: Issue
    actor: str
    comment: Comment | None = None
    before: dict[str, str] = {}
    """Of an edit: what stood in the fields that changed."""
    label: str = ""
    assignee: str = ""
    type: str = ""
    other_repository: str = ""
    """Of a transfer: where the issue went, or where it came from."""
    other: Issue | None = None
