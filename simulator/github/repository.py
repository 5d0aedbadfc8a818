"""A repository now: its history, and over it everything that changed since."""

from bisect import bisect_right, insort
from collections.abc import Iterator

import msgspec

from simulator.clock import Clock
from simulator.content.lifecycles import COMMENT_SLOTS, WIDTH

from .history import History
from .model import Comment, Event, Gone, Issue
from .relations import Relations


class Repository:
    """Only what differs from the history is held."""

    def __init__(self, full_name: str, history: History, clock: Clock) -> None:
        self.full_name = full_name
        self.history = history
        self.clock = clock
        self.id = history.repository_id
        self.private = False
        self.has_issues = True
        self.archived = False
        self.version = 0
        """Rises with every change: whatever was rendered before is out of date."""
        self.changed: dict[int, Issue] = {}
        """Issues edited since, and those created since."""
        self.created: list[tuple[int, int, int]] = []
        """(created, id, number) of issues beyond the history, sorted."""
        self.gone: dict[int, Gone] = {}
        self.gone_from_history: list[int] = []
        self.events: list[Event] = []
        self.comments: dict[int, Comment] = {}
        """Comments written or edited since, by id."""
        self.deleted_comments: set[int] = set()
        self.relations = Relations(self.has)
        self.renamed_labels: dict[str, str] = {}
        """By what the history calls them."""
        self._events_of: dict[int, list[Event]] = {}
        self._comments_of: dict[int, dict[int, Comment]] = {}
        self._next_activity = history.activity_id(history.count + 1, 0)
        self._next_number = history.count + 1

    # --- reading one thing -----------------------------------------------------------------------

    def has(self, number: int) -> bool:
        return 1 <= number < self._next_number and number not in self.gone

    def issue(self, number: int) -> Issue:
        return self.changed.get(number) or self._past(number)

    def _past(self, number: int) -> Issue:
        issue, now = self.history.issue(number), self.renamed_labels
        if not now:
            return issue
        return msgspec.structs.replace(issue, labels=[now.get(name, name) for name in issue.labels])

    def is_open(self, number: int) -> bool:
        issue = self.changed.get(number)
        return issue.state == "open" if issue else self.history.life(number).is_open

    def is_pull(self, number: int) -> bool:
        return (self.changed.get(number) or self.history.life(number)).is_pull

    def numbers(self) -> Iterator[int]:
        return (n for n in range(1, self._next_number) if n not in self.gone)

    def open_count(self) -> int:
        """Issues and pull requests, as GitHub counts them."""
        past = [n for n in {*self.changed, *self.gone} if self._in_past(n)]
        were_open = sum(self.history.life(number).is_open for number in past)
        are_open = sum(issue.state == "open" for issue in self.changed.values())
        return self.history.open_count - were_open + are_open

    @property
    def live_in_history(self) -> int:
        return self.history.count - len(self.gone_from_history)

    def nth_in_history(self, index: int) -> int:
        """The number of the index-th issue of the history that still exists (0 is the first)."""
        number = index + 1
        while (moved := index + 1 + bisect_right(self.gone_from_history, number)) != number:
            number = moved
        return number

    def updated(self, number: int) -> int:
        issue = self.changed.get(number)
        return issue.updated if issue else self.history.updated(number)

    def events_of(self, number: int) -> list[Event]:
        return self._past_events(number) + self._events_of.get(number, [])

    def comments_of(self, number: int) -> list[Comment]:
        past = self.history.comments(self.history.life(number)) if self._in_past(number) else []
        mine = {comment.id: comment for comment in past} | self._comments_of.get(number, {})
        return [mine[id_] for id_ in sorted(mine) if id_ not in self.deleted_comments]

    def _past_events(self, number: int) -> list[Event]:
        if not self._in_past(number):
            return []
        return list(self.history.events(self.history.life(number)))

    def _in_past(self, number: int) -> bool:
        return number <= self.history.count

    def comment(self, comment_id: int) -> Comment | None:
        """By id alone: a past comment's id tells its tick and slot."""
        if comment_id in self.deleted_comments:
            return None
        return self.comments.get(comment_id) or self._past_comment(comment_id)

    def _past_comment(self, comment_id: int) -> Comment | None:
        tick, slot = divmod(comment_id - self.history.activity_id(0, 0), WIDTH)
        if slot not in COMMENT_SLOTS or not 1 <= tick <= self.history.count:
            return None
        for place, number in self.history.timeline.owners(tick):
            if place == slot and (slot, tick) in self.history.life(number).slots:
                return self.history.comment(self.history.life(number), slot, tick)
        return None

    # --- writing: used by github_changes alone ---------------------------------------------------

    def open_for_change(self, number: int) -> Issue:
        """The issue, from now on held here, with a new `updated`."""
        if not self.has(number):
            raise LookupError(f"{self.full_name} has no issue {number} (any more)")
        issue = self.changed.get(number)
        issue = msgspec.structs.replace(
            issue or self._past(number),
            updated=self.clock.now(),
            version=(issue.version if issue else 0) + 1,
        )
        issue.labels, issue.assignees = list(issue.labels), list(issue.assignees)
        self.changed[number] = issue
        self.version += 1
        return issue

    def add(self, issue: Issue) -> Issue:
        """Take in a new issue under the next number."""
        issue.number, self._next_number = self._next_number, self._next_number + 1
        issue.id = self.history.issue_id(issue.number)
        issue.version = 1
        self.changed[issue.number] = issue
        insort(self.created, (issue.created, issue.id, issue.number))
        self.version += 1
        return issue

    def remove(self, number: int, gone: Gone) -> None:
        if not self.has(number):
            raise LookupError(f"{self.full_name} has no issue {number} (any more)")
        issue = self.issue(number)
        self.changed.pop(number, None)
        self.gone[number] = msgspec.structs.replace(gone, issue=issue)
        if number <= self.history.count:
            insort(self.gone_from_history, number)
        else:
            self.created.remove((issue.created, issue.id, number))
        self.version += 1

    def rename_label(self, name: str, to: str) -> None:
        """Everywhere, and no issue's `updated` tells."""
        for issue in self.changed.values():
            issue.labels = [to if label == name else label for label in issue.labels]
            issue.version += 1
        for old, now in self.renamed_labels.items():
            self.renamed_labels[old] = to if now == name else now
        self.renamed_labels.setdefault(name, to)
        self.version += 1

    def record(self, event: Event) -> None:
        self.events.append(event)
        self._events_of.setdefault(event.number, []).append(event)

    def keep(self, comment: Comment) -> None:
        self.comments[comment.id] = comment
        self._comments_of.setdefault(comment.number, {})[comment.id] = comment

    def next_activity_id(self) -> int:
        self._next_activity += 1
        return self._next_activity
