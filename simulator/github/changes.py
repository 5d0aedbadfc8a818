"""What people do on GitHub while somebody reads it: each change leaves its mark in the feeds."""

from collections.abc import Sequence

import msgspec

from simulator.seeded_random import Dice, key_of

from .labels import TYPES
from .model import Comment, Gone, Happening, Issue
from .relating import RelationChanges
from .repository import Repository
from .writing import ME, alone


class Changes(RelationChanges):
    """Changes to one repository, by Python or over `/_control`."""

    # --- issues ----------------------------------------------------------------------------------

    @alone
    def create(self, *, title: str = "Something new", body: str | None = "", actor: str = ME,
               labels: Sequence[str] = (), is_pull: bool = False) -> Issue:  # fmt: skip
        now = self._repository.clock.now()
        issue = self._repository.add(
            Issue(0, 0, title, body, actor, created=now, updated=now, is_pull=is_pull)
        )
        for label in labels:
            self._happen(issue, "labeled", actor, label=label)
        self._tell("opened", issue, actor)
        for label in labels:
            self._tell("labeled", issue, actor, label=label)
        return issue

    @alone
    def edit(self, number: int, *, title: str | None = None, body: str | None = None,
             actor: str = ME) -> Issue:  # fmt: skip
        """A new title leaves a `renamed` event, a new body only a new `updated_at`."""
        issue, before = self._repository.open_for_change(number), dict[str, str]()
        if title is not None and title != issue.title:
            before["title"] = issue.title
            self._happen(issue, "renamed", actor, title_before=issue.title, title_after=title)
        if body is not None:
            before["body"], issue.body = issue.body or "", body
        self._tell("edited", issue, actor, before=before)
        return issue

    @alone
    def touch(self, number: int) -> Issue:
        """Only `updated_at` and the text's end change."""
        issue = self._repository.open_for_change(number)
        before = issue.body or ""
        issue.body = f"{before}\n\nEdit {issue.version}: still the case."
        self._tell("edited", issue, ME, before={"body": before})
        return issue

    @alone
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

    @alone
    def close(self, number: int, *, reason: str | None = "completed", actor: str = ME) -> Issue:
        issue = self._repository.open_for_change(number)
        return self._do(issue, "closed", actor, state_reason=None if issue.is_pull else reason)

    @alone
    def reopen(self, number: int, *, actor: str = ME) -> Issue:
        return self._do(self._repository.open_for_change(number), "reopened", actor)

    @alone
    def label(self, number: int, *, name: str, actor: str = ME) -> Issue:
        return self._do(self._repository.open_for_change(number), "labeled", actor, label=name)

    @alone
    def unlabel(self, number: int, *, name: str, actor: str = ME) -> Issue:
        issue = self._repository.open_for_change(number)
        return self._do(issue, "unlabeled", actor, label=name)

    @alone
    def assign(self, number: int, *, login: str, actor: str = ME) -> Issue:
        issue = self._repository.open_for_change(number)
        return self._do(issue, "assigned", actor, assignee=login)

    @alone
    def unassign(self, number: int, *, login: str, actor: str = ME) -> Issue:
        issue = self._repository.open_for_change(number)
        return self._do(issue, "unassigned", actor, assignee=login)

    @alone
    def set_type(self, number: int, *, name: str, actor: str = ME) -> Issue:
        """No name takes the type away."""
        if name and name not in TYPES:
            raise LookupError(f"There is no issue type {name!r}; there are: {', '.join(TYPES)}")
        issue = self._repository.open_for_change(number)
        event = "issue_type_added" if name else "issue_type_removed"
        return self._do(issue, event, actor, type=name or issue.type)

    @alone
    def convert_to_pull(self, number: int) -> Issue:
        """The row stays and becomes a pull request, as when a commit is attached to an issue."""
        issue = self._repository.open_for_change(number)
        issue.is_pull, issue.type = True, ""
        return issue

    @alone
    def delete(self, number: int, *, visible: bool = True) -> None:
        """Gone for good: 410 to whoever could see it, 404 with `visible=False`."""
        if self._repository.has(number):
            self._tell("deleted", self._repository.issue(number), ME)
        self._repository.remove(number, Gone("deleted" if visible else "hidden"))

    @alone
    def transfer(self, number: int, *, to: Repository) -> Issue:
        """The issue gets a new id and number elsewhere and leaves a 301 behind."""
        issue = msgspec.structs.replace(self._repository.open_for_change(number))
        comments = self._repository.comments_of(number)
        issue.labels, issue.milestone, issue.comments = [], 0, 0
        moved = to.add(issue)
        for each in comments:
            self._write(to, moved, author=each.author, body=each.body)
        old = self._repository.issue(number)
        self._tell("transferred", old, ME, other_repository=to.full_name, other=moved)
        if self.listener is not None:
            origin = self._repository.full_name
            happening = Happening("opened", moved, ME, other_repository=origin, other=old)
            self.listener(to, happening)
        self._repository.remove(number, Gone("transferred", to.full_name, moved.number))
        return moved

    # --- comments --------------------------------------------------------------------------------

    @alone
    def comment(self, number: int, *, body: str = "Any news?", author: str | None = ME) -> Comment:
        issue = self._repository.open_for_change(number)
        comment = self._write(self._repository, issue, author=author, body=body)
        self._tell("created", issue, author or ME, comment=comment)
        return comment

    @alone
    def edit_comment(self, comment_id: int, *, body: str) -> Comment:
        old = self._found(comment_id)
        issue = self._repository.open_for_change(old.number)
        now = self._repository.clock.now()
        comment = msgspec.structs.replace(old, body=body, updated=now)
        self._repository.keep(comment)
        self._tell("edited", issue, ME, comment=comment, before={"body": old.body})
        return comment

    @alone
    def delete_comment(
        self, comment_id: int, *, silently: bool = False, event: bool = False
    ) -> None:
        """`silently`: the issue's `updated_at` does not tell. `event`: the feed of events does."""
        comment = self._found(comment_id)
        before = self._repository.updated(comment.number)
        issue = self._repository.open_for_change(comment.number)
        issue.updated = before if silently else issue.updated
        issue.comments -= 1
        self._repository.deleted_comments.add(comment_id)
        if event:
            self._happen(issue, "comment_deleted", ME)
        self._tell("deleted", issue, ME, comment=comment)

    # --- labels ----------------------------------------------------------------------------------

    @alone
    def rename_label(self, name: str, *, to: str) -> None:
        self._repository.rename_label(name, to)

    def _found(self, comment_id: int) -> Comment:
        comment = self._repository.comment(comment_id)
        if comment is None:
            raise LookupError(f"{self._repository.full_name} has no comment {comment_id}")
        return comment
