"""Issue fields derived from history: first response and reopen count."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Min, Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.utils import timezone

from issues.change_log import note_changed
from issues.models import Comment, Issue, StatusClass, Transition, is_counted_as_bot

RESPONSE_FIELDS = ("status", "label", "assignee")
"""Fields whose change counts as a response; a rename does not (metric definitions)."""
_Enriched = tuple[int, datetime | None, int]
"""Primary key, first response, reopen count."""
_TABLE = Issue._meta.db_table
# S608: the table's name comes from the model, values are parameters.
_FOR_POSTGRESQL = (
    f"UPDATE {_TABLE} AS old SET updated_at = %s, first_response_at = new.at, "  # noqa: S608
    "reopen_count = new.n FROM unnest(%s::bigint[], %s::timestamptz[], %s::int[]) "
    "AS new (pk, at, n) WHERE old.id = new.pk"
)
_FOR_SQLITE = (
    f"UPDATE {_TABLE} SET updated_at = %s, first_response_at = %s, reopen_count = %s "  # noqa: S608
    "WHERE id = %s"
)
Classes = dict[tuple[int, str], str]
"""Status class by integration and source status."""


def enrich_issues(issue_ids: Collection[int]) -> None:
    """Recompute first response and reopen count.

    First response: first comment, assignment, label or status change by a person who is neither the
    author nor a bot. A deleted account may be the author's and is not counted. Reopen count:
    changes from a done status to a status that is not done.
    """
    if not issue_ids:
        return
    firsts, reopened = _firsts(issue_ids), _count_reopened(issue_ids)
    columns = ("pk", "project_id", "first_response_at", "reopen_count")
    by_project: dict[int, list[int]] = {}
    changed: list[_Enriched] = []
    for pk, project_id, *stored in Issue.objects.filter(pk__in=issue_ids).values_list(*columns):
        known = (firsts.get(pk), reopened.get(pk, 0))
        if tuple(stored) != known:
            changed.append((pk, *known))
        by_project.setdefault(project_id, []).append(pk)
    _write(changed)
    # All of them: new history also changes other metrics.
    for project_id, pks in by_project.items():
        note_changed(project_id, pks)


def _write(rows: Sequence[_Enriched]) -> None:
    """Update the rows in one statement.

    `bulk_update` compiles one CASE per row, which took three quarters of a first sync's time in
    this module.
    """
    if not rows:
        return
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            columns = [list(column) for column in zip(*rows, strict=True)]
            cursor.execute(_FOR_POSTGRESQL, [now, *columns])
        else:
            adapt = connection.ops.adapt_datetimefield_value
            cursor.executemany(_FOR_SQLITE, [(now, adapt(at), n, pk) for pk, at, n in rows])


def _firsts(issue_ids: Collection[int]) -> dict[int, datetime]:
    comments = (
        Comment.objects.filter(issue_id__in=issue_ids, removed_at=None)
        .filter(_by_another("author"))
        .values_list("issue_id")
        .annotate(first=Min("commented_at"))
    )
    changes = (
        Transition.objects.filter(issue_id__in=issue_ids, field__in=RESPONSE_FIELDS)
        .filter(_by_another("actor"))
        .values_list("issue_id")
        .annotate(first=Min("occurred_at"))
    )
    firsts: dict[int, datetime] = {}
    for issue_id, first in (*comments, *changes):
        firsts[issue_id] = min(firsts.get(issue_id, first), first)
    return firsts


def _by_another(role: str) -> Q:
    """Filter for events by another person; matched accounts count as one person."""
    author = Coalesce("issue__author__identity_id", "issue__author_id")
    responder = Coalesce(f"{role}__identity_id", f"{role}_id")
    known = Q(**{f"{role}__isnull": False}) & ~is_counted_as_bot(role)
    another = Q(issue__author=None) | ~Q(Exact(responder, author))
    return known & another


def _count_reopened(issue_ids: Collection[int]) -> dict[int, int]:
    changes = Transition.objects.filter(issue_id__in=issue_ids, field="status")
    columns = ("issue_id", "issue__integration_id", "from_value", "to_value")
    rows = list(changes.values_list(*columns))
    classes = _classes({integration_id for _, integration_id, _, _ in rows})
    counts: dict[int, int] = {}
    for issue_id, integration_id, before, after in rows:
        was = classes.get((integration_id, before))
        became = classes.get((integration_id, after))
        if was == Issue.Status.DONE and became not in (None, Issue.Status.DONE):
            counts[issue_id] = counts.get(issue_id, 0) + 1
    return counts


def _classes(integration_ids: Collection[int]) -> Classes:
    known = StatusClass.objects.filter(integration_id__in=integration_ids)
    return {(each.integration_id, each.source_status): each.status for each in known}
