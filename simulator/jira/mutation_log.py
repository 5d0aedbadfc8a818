"""How a change is written down: the issue, its changelog, the index, and who is told of it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from threading import RLock
from typing import TYPE_CHECKING, TypeVar, cast

import msgspec

from .model import Comment, Entry, Issue, Item

if TYPE_CHECKING:
    from .state import Jira

Reference = str | int
"""A key, a key of old, or an id."""
Act = TypeVar("Act", bound=Callable[..., object])


class Happening(msgspec.Struct, frozen=True):
    """What a change was, for whoever listens."""

    event: str
    """As webhooks name it: jira:issue_updated, comment_created, ..."""
    issue: Issue
    actor: str
    entry: Entry | None = None
    comment: Comment | None = None


class Pen:
    """Changes to one site: what all kinds of them have in common."""

    def __init__(self, jira: "Jira", tell: Callable[[Happening], None]) -> None:
        self._jira, self._tell = jira, tell
        self.lock: RLock = jira.lock

    def _now(self) -> int:
        return int(self._jira.clock.exact() * 1000)

    @contextmanager
    def _changing(self, reference: Reference, *, silently: bool = False) -> Iterator[Issue]:
        """The issue, which gets a new `updated` unless silently; neighbours are shown anew."""
        jira = self._jira
        issue = jira.issue(reference)
        jira.index.before(issue.id, issue)
        yield issue
        if not silently:
            issue.updated = self._now()
        jira.touched(issue)
        jira.index.after(issue.id, issue)

    def _record(self, issue: Issue, actor: str | None, items: Sequence[Item]) -> Entry | None:
        """Nothing changed: nothing is written down."""
        if not items:
            return None
        entry = Entry(self._jira.next_id(), actor, self._now(), tuple(items))
        issue.entries.append(entry)
        return entry

    def _updated(self, issue: Issue, actor: str, entry: Entry | None) -> Issue:
        self._tell(Happening("jira:issue_updated", issue, actor, entry=entry))
        return issue

    def _edit(self, reference: Reference, actor: str,
              change: Callable[[Issue], Sequence[Item]]) -> Issue:  # fmt: skip
        with self._changing(reference) as issue:
            entry = self._record(issue, actor, change(issue))
        return self._updated(issue, actor, entry)


def alone(act: Act) -> Act:
    """Nobody reads while a change is half done."""

    @wraps(act)
    def locked(self: Pen, /, *args: object, **kwargs: object) -> object:
        with self.lock:
            return act(self, *args, **kwargs)

    return cast("Act", locked)
