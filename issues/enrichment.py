"""What an issue's history says of it, written beside it."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Min, Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.utils import timezone

from issues.changes import note_changed
from issues.models import Comment, Issue, StatusClass, Transition, is_counted_as_bot

RESPONSE_FIELDS = ("status", "label", "assignee")
"""Changes of these count as a response; a rename does not (the definitions of the metrics)."""
Classes = dict[tuple[int, str], str]
"""What a status word means, by integration and word."""


def enrich_issues(issue_ids: Collection[int]) -> None:
    """First response: the first comment, assignment, label or status change by somebody who is
    neither the author nor a bot. Whoever has no account any more may be the author: not counted.

    Reopened: how often its status went from a word that means done to one that does not.
    """
    if not issue_ids:
        return
    firsts, reopened = _firsts(issue_ids), _count_reopened(issue_ids)
    columns = ("pk", "project_id", "first_response_at", "reopen_count")
    issues = list(Issue.objects.filter(pk__in=issue_ids).only(*columns))
    late = []
    for issue in issues:
        now_known = (firsts.get(issue.pk), reopened.get(issue.pk, 0))
        if (issue.first_response_at, issue.reopen_count) != now_known:
            issue.first_response_at, issue.reopen_count = now_known
            issue.updated_at = timezone.now()
            late.append(issue)
    Issue.objects.bulk_update(
        late, ["first_response_at", "reopen_count", "updated_at"], batch_size=200
    )
    # All of them: a history that grew changes more numbers than these two.
    for project_id in {issue.project_id for issue in issues}:
        note_changed(project_id, [each.pk for each in issues if each.project_id == project_id])


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
    """Accounts that are known to be one person's are one person here."""
    author = Coalesce("issue__author__identity_id", "issue__author_id")
    responder = Coalesce(f"{role}__identity_id", f"{role}_id")
    somebody = Q(**{f"{role}__isnull": False}) & ~is_counted_as_bot(role)
    another = Q(issue__author=None) | ~Q(Exact(responder, author))
    return somebody & another


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
