"""Queue of issues to refetch individually."""

from collections.abc import Iterable

from django.db.models import Count, F, Q

from integrations.models import IssueHint
from issues.models import Issue

MAX_MISCOUNTED = 1_000
"""Limit per census; the next census finds the rest."""


def queue_miscounted(integration_id: int) -> None:
    """Queue issues whose comment count differs from upstream.

    A comment was deleted, or missed while the list was changing.
    """
    mine = Count("comments", filter=Q(comments__removed_at=None))
    present = Issue.objects.present().filter(integration_id=integration_id)
    miscounted = (
        present.exclude(comment_count=None).annotate(here=mine).exclude(here=F("comment_count"))
    )
    names = miscounted.order_by("pk").values_list("source_issue_id", "key")[:MAX_MISCOUNTED]
    queue_refetch(integration_id, names)


def queue_refetch(integration_id: int, names: Iterable[tuple[str, str]]) -> None:
    """Queue issues by source id and key."""
    IssueHint.objects.bulk_create(
        [IssueHint(integration_id=integration_id, source_issue_id=i, key=k) for i, k in names],
        ignore_conflicts=True,
    )
