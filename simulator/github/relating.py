"""Sub-issues and dependencies come and go.

Both sides get a new `updated_at`. What a *summary* counts also changes when the other issue is
closed, and then it does not.
"""

from .model import Issue
from .writing import Writer, alone


class RelationChanges(Writer):
    """Changes to what belongs to what, by number."""

    @alone
    def add_sub_issue(self, number: int, *, sub_issue: int) -> Issue:
        issue = self._both(number, sub_issue)
        self._repository.relations.add_part(number, sub_issue)
        return issue

    @alone
    def remove_sub_issue(self, number: int, *, sub_issue: int) -> Issue:
        issue = self._both(number, sub_issue)
        self._repository.relations.remove_part(number, sub_issue)
        return issue

    @alone
    def add_blocked_by(self, number: int, *, blocker: int) -> Issue:
        issue = self._both(number, blocker)
        self._repository.relations.add_blocker(number, blocker)
        return issue

    @alone
    def remove_blocked_by(self, number: int, *, blocker: int) -> Issue:
        issue = self._both(number, blocker)
        self._repository.relations.remove_blocker(number, blocker)
        return issue

    def _both(self, number: int, other: int) -> Issue:
        if number == other:
            raise ValueError("An issue is not related to itself")
        self._repository.open_for_change(other)
        return self._repository.open_for_change(number)
