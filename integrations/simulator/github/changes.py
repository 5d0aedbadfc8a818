"""What people do on GitHub while somebody reads it: each change leaves its mark in the feeds."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from threading import RLock
from typing import Concatenate, ParamSpec, TypeVar

import msgspec

from integrations.simulator.dice import Dice, key_of

from .effects import apply_event
from .model import Comment, Event, Gone, Issue
from .repository import Repository

_ME = "hana-forge"


Given = ParamSpec("Given")
Made = TypeVar("Made")


def _alone(
    act: Callable[Concatenate["Changes", Given], Made],
) -> Callable[Concatenate["Changes", Given], Made]:
    """Nobody reads while a change is half done."""

    @wraps(act)
    def locked(self: "Changes", /, *args: Given.args, **kwargs: Given.kwargs) -> Made:
        with self.lock:
            return act(self, *args, **kwargs)

    return locked


class Changes:
    """Changes to one repository, by Python or over `/_control`."""

    def __init__(self, repository: Repository, lock: RLock) -> None:
        self._repository = repository
        self.lock = lock

    # --- issues ----------------------------------------------------------------------------------

    @_alone
    def create(self, *, title: str = "Something new", body: str | None = "", actor: str = _ME,
               labels: Sequence[str] = (), is_pull: bool = False) -> Issue:  # fmt: skip
        now = self._repository.clock.now()
        issue = self._repository.add(
            Issue(0, 0, title, body, actor, created=now, updated=now, is_pull=is_pull)
        )
        for label in labels:
            self._happen(issue, "labeled", actor, label=label)
        return issue

    @_alone
    def edit(self, number: int, *, title: str | None = None, body: str | None = None,
             actor: str = _ME) -> Issue:  # fmt: skip
        """A new title leaves a `renamed` event, a new body only a new `updated_at`."""
        issue = self._repository.open_for_change(number)
        if title is not None and title != issue.title:
            self._happen(issue, "renamed", actor, title_before=issue.title, title_after=title)
        if body is not None:
            issue.body = body
        return issue

    @_alone
    def touch(self, number: int) -> Issue:
        """Only `updated_at` and the text's end change."""
        issue = self._repository.open_for_change(number)
        issue.body = f"{issue.body or ''}\n\nEdit {issue.version}: still the case."
        return issue

    @_alone
    def touch_some(self, count: int, seed: int = 1) -> list[int]:
        """Touch `count` different ones, the same for the same seed."""
        dice = Dice(key_of(seed, "touch"))
        last = self._repository.history.count + len(self._repository.created)
        wanted: dict[int, None] = {}
        while len(wanted) < min(count, last - len(self._repository.gone)):
            number = dice.between(1, last)
            if self._repository.has(number):
                wanted[number] = None
        for number in wanted:
            self.touch(number)
        return list(wanted)

    @_alone
    def close(self, number: int, *, reason: str | None = "completed", actor: str = _ME) -> Issue:
        issue = self._repository.open_for_change(number)
        return self._happen(issue, "closed", actor, state_reason=None if issue.is_pull else reason)

    @_alone
    def reopen(self, number: int, *, actor: str = _ME) -> Issue:
        return self._happen(self._repository.open_for_change(number), "reopened", actor)

    @_alone
    def label(self, number: int, *, name: str, actor: str = _ME) -> Issue:
        return self._happen(self._repository.open_for_change(number), "labeled", actor, label=name)

    @_alone
    def unlabel(self, number: int, *, name: str, actor: str = _ME) -> Issue:
        issue = self._repository.open_for_change(number)
        return self._happen(issue, "unlabeled", actor, label=name)

    @_alone
    def assign(self, number: int, *, login: str, actor: str = _ME) -> Issue:
        issue = self._repository.open_for_change(number)
        return self._happen(issue, "assigned", actor, assignee=login)

    @_alone
    def unassign(self, number: int, *, login: str, actor: str = _ME) -> Issue:
        issue = self._repository.open_for_change(number)
        return self._happen(issue, "unassigned", actor, assignee=login)

    @_alone
    def convert_to_pull(self, number: int) -> Issue:
        """The row stays and becomes a pull request, as when a commit is attached to an issue."""
        issue = self._repository.open_for_change(number)
        issue.is_pull, issue.type = True, ""
        return issue

    @_alone
    def delete(self, number: int, *, visible: bool = True) -> None:
        """Gone for good: 410 to whoever could see it, 404 with `visible=False`."""
        self._repository.remove(number, Gone("deleted" if visible else "hidden"))

    @_alone
    def transfer(self, number: int, *, to: Repository) -> Issue:
        """The issue gets a new id and number elsewhere and leaves a 301 behind."""
        issue = msgspec.structs.replace(self._repository.open_for_change(number))
        comments = self._repository.comments_of(number)
        issue.labels, issue.milestone, issue.comments = [], 0, 0
        moved = to.add(issue)
        for old in comments:
            self._write(to, moved, author=old.author, body=old.body)
        self._repository.remove(number, Gone("transferred", to.full_name, moved.number))
        return moved

    # --- comments --------------------------------------------------------------------------------

    @_alone
    def comment(self, number: int, *, body: str = "Any news?", author: str | None = _ME) -> Comment:
        issue = self._repository.open_for_change(number)
        return self._write(self._repository, issue, author=author, body=body)

    @_alone
    def edit_comment(self, comment_id: int, *, body: str) -> Comment:
        old = self._found(comment_id)
        self._repository.open_for_change(old.number)
        now = self._repository.clock.now()
        comment = msgspec.structs.replace(old, body=body, updated=now)
        self._repository.keep(comment)
        return comment

    @_alone
    def delete_comment(self, comment_id: int) -> None:
        issue = self._repository.open_for_change(self._found(comment_id).number)
        issue.comments -= 1
        self._repository.deleted_comments.add(comment_id)

    def _found(self, comment_id: int) -> Comment:
        comment = self._repository.comment(comment_id)
        if comment is None:
            raise LookupError(f"{self._repository.full_name} has no comment {comment_id}")
        return comment

    # --- how it is written down ------------------------------------------------------------------

    def _happen(self, issue: Issue, event: str, actor: str, **detail: str | None) -> Issue:
        repository = self._repository
        happened = msgspec.convert(
            _known(detail)
            | {
                "id": repository.next_activity_id(),
                "number": issue.number,
                "event": event,
                "actor": actor,
                "created": repository.clock.now(),
            },
            Event,
        )
        repository.record(happened)
        apply_event(issue, happened)
        return issue

    @staticmethod
    def _write(repository: Repository, issue: Issue, *, author: str | None, body: str) -> Comment:
        now = repository.clock.now()
        comment = Comment(repository.next_activity_id(), issue.number, author, body, now, now)
        repository.keep(comment)
        issue.comments += 1
        return comment


def _known(detail: Mapping[str, str | None]) -> dict[str, object]:
    return {name: value for name, value in detail.items() if value is not None}
