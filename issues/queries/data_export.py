"""Export of all data about one person: accounts, matches, issues, comments, changes.

Rows are read by id in small batches: no database cursor stays open.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet

from issues.models import Comment, Issue, IssueAssignee, Person, PersonMatch, Transition

STEP = 500
"""Rows in memory at a time."""

Line = dict[str, object]
Columns = dict[str, str]
"""Model column by name in the file; `account` is the id of the owner."""


def _same(*names: str) -> Columns:
    return {name: name for name in names}


_ACCOUNT = _same(
    "id", "provider", "origin", "source_person_id", "login", "display_name", "url", "is_bot",
    "bot_override", "is_deleted", "created_at", "updated_at",
) | {"identity": "identity_id", "email_digest_kept": "email_digest"}  # fmt: skip
_MATCH = {"id": "id", "first": "first_id", "second": "second_id"} | _same(
    "state", "evidence", "suggested_at", "decided_at"
)
_ISSUE_COLUMNS = ("key", "title", "url", "opened_at", "closed_at", "source_updated_at",
                  "removed_at")  # fmt: skip
_AUTHORED = {"account": "author_id", "id": "id"} | _same(*_ISSUE_COLUMNS, "body")
_ASSIGNED = {"account": "person_id", "id": "issue_id"} | {
    name: f"issue__{name}" for name in _ISSUE_COLUMNS
}
_OF_ISSUE = {"id": "id", "issue": "issue_id", "issue_key": "issue__key"}
_COMMENT = (
    {"account": "author_id"}
    | _OF_ISSUE
    | {"comment_kind": "kind"}
    | _same("body", "url", "commented_at", "source_updated_at", "removed_at")
)
_TRANSITION = (
    {"account": "actor_id"} | _OF_ISSUE | _same("field", "from_value", "to_value", "occurred_at")
)


def export_lines(person: Person) -> Iterator[Line]:
    """Yield lines with their `kind`, for the person and all matched accounts."""
    first, project = person.identity_id or person.pk, person.project_id
    people = Person.objects.filter(Q(pk=first) | Q(identity=first), project=project)
    accounts = list(people.values_list("pk", flat=True))
    for line in _lines("account", people, _ACCOUNT):
        # Only whether a digest exists: it is keyed and has no meaning outside DIIP.
        yield line | {"email_digest_kept": bool(line["email_digest_kept"])}
    matches = PersonMatch.objects.filter(Q(first__in=accounts) | Q(second__in=accounts))
    yield from _lines("match", matches.filter(project=project), _MATCH)
    authored = Issue.objects.filter(project=project, author__in=accounts)
    yield from _lines("authored_issue", authored, _AUTHORED)
    here: dict[str, Any] = {"issue__project": project}
    assigned = IssueAssignee.objects.filter(person__in=accounts, **here)
    yield from _lines("assigned_issue", assigned, _ASSIGNED)
    comments = Comment.objects.filter(author__in=accounts, **here)
    yield from _lines("comment", comments, _COMMENT)
    transitions = Transition.objects.filter(actor__in=accounts, **here)
    yield from _lines("transition", transitions, _TRANSITION)


def _lines(kind: str, rows: QuerySet[Any], columns: Columns) -> Iterator[Line]:
    last = 0
    while batch := list(_after(rows, last).values_list("pk", *columns.values())[:STEP]):
        for _, *values in batch:
            yield {"kind": kind, **dict(zip(columns, values, strict=True))}
        last = batch[-1][0]


def _after(rows: QuerySet[Any], last: int) -> QuerySet[Any]:
    return rows.filter(pk__gt=last).order_by("pk")
