"""What an issue's history says of it, written beside it."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import F, Min, Q
from django.utils import timezone

from issues.models import Comment, Issue, Transition

RESPONSE_FIELDS = ("status", "label", "assignee")
"""Changes of these count as a response; a rename does not (the definitions of the metrics)."""


def enrich_issues(issue_ids: Collection[int]) -> None:
    """First response: the first comment, assignment, label or status change by somebody who is
    neither the author nor a bot. Whoever has no account any more may be the author: not counted."""
    if not issue_ids:
        return
    firsts = _firsts(issue_ids)
    issues = Issue.objects.filter(pk__in=issue_ids).only("pk", "first_response_at")
    late = [issue for issue in issues if issue.first_response_at != firsts.get(issue.pk)]
    for issue in late:
        issue.first_response_at = firsts.get(issue.pk)
        issue.updated_at = timezone.now()
    Issue.objects.bulk_update(late, ["first_response_at", "updated_at"], batch_size=200)


def _firsts(issue_ids: Collection[int]) -> dict[int, datetime]:
    comments = (
        Comment.objects.filter(issue_id__in=issue_ids)
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
    somebody = Q(**{f"{role}__isnull": False, f"{role}__is_bot": False})
    not_the_author = Q(issue__author=None) | ~Q(**{role: F("issue__author")})
    return somebody & not_the_author
