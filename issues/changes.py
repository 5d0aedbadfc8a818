"""Which issues changed, noted in the transaction that changed them, for whoever counts them.

A note is appended and, once it was counted, deleted by its id: a note that commits late is met
late, and none is lost between two that read at once.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from issues.models import IssueChange


@dataclass(frozen=True, slots=True)
class Taken:
    """Notes that were read; `drop` them once what they say is done."""

    issue_ids: frozenset[int]
    notes: Sequence[int]

    def drop(self) -> None:
        IssueChange.objects.filter(pk__in=self.notes).delete()


def note_changed(project_id: int, issue_ids: Collection[int]) -> None:
    """Inside the transaction that changes them."""
    if issue_ids:
        IssueChange.objects.create(project_id=project_id, issue_ids=sorted(issue_ids))


def read_changes(project_id: int, *, about: int) -> Taken:
    """The oldest notes of a project, of about so many issues, and at least one note."""
    issue_ids: set[int] = set()
    notes: list[int] = []
    rows = IssueChange.objects.filter(project_id=project_id).order_by("pk")
    for pk, ids in rows.values_list("pk", "issue_ids")[:about]:
        if notes and len(issue_ids) + len(ids) > about:
            break
        notes.append(pk)
        issue_ids.update(ids)
    return Taken(frozenset(issue_ids), notes)


def projects_with_changes() -> list[int]:
    return list(IssueChange.objects.values_list("project_id", flat=True).distinct())
