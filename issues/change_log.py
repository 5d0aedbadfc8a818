"""Log of changed issues, written in the changing transaction, for recalculation.

A note is appended, and deleted by id after processing. A note that commits late is processed late,
and none is lost between concurrent readers.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from issues.models import IssueChange

MAX_IDS_PER_NOTE = 1000
"""Maximum issues per note."""
AT_ONCE = 50
"""Maximum notes per read."""


@dataclass(frozen=True, slots=True)
class ChangeBatch:
    """Notes that were read; call `drop` after processing them."""

    issue_ids: frozenset[int]
    notes: Sequence[int]
    are_more: bool

    def drop(self) -> None:
        IssueChange.objects.filter(pk__in=self.notes).delete()


def note_changed(project_id: int, issue_ids: Collection[int]) -> None:
    """Log changed issues, inside the transaction that changes them."""
    ids = sorted(issue_ids)
    IssueChange.objects.bulk_create(
        IssueChange(project_id=project_id, issue_ids=ids[start : start + MAX_IDS_PER_NOTE])
        for start in range(0, len(ids), MAX_IDS_PER_NOTE)
    )


def request_recount(project_id: int) -> None:
    """Log a note without issues: their statuses changed meaning, but no row changed."""
    IssueChange.objects.create(project_id=project_id, issue_ids=[])


def read_changes(project_id: int, *, about: int) -> ChangeBatch:
    """Return the oldest notes: at least one, with about `about` issues in total."""
    issue_ids: set[int] = set()
    notes: list[int] = []
    rows = list(
        IssueChange.objects.filter(project_id=project_id)
        .order_by("pk")
        .values_list("pk", "issue_ids")[: AT_ONCE + 1]
    )
    for pk, ids in rows[:AT_ONCE]:
        if notes and len(issue_ids) + len(ids) > about:
            break
        notes.append(pk)
        issue_ids.update(ids)
    return ChangeBatch(frozenset(issue_ids), notes, are_more=len(notes) < len(rows))


def projects_with_changes() -> list[int]:
    return list(IssueChange.objects.values_list("project_id", flat=True).distinct())
