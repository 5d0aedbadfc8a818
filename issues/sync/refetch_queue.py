"""Naming issues that are to be asked for by themselves."""

from collections.abc import Iterable

from django.db.models import Count, F, Q

from integrations.models import IssueHint
from issues.models import Issue

MAX_MISCOUNTED = 1_000
"""Of one census; the next one finds the rest."""


def hint_at_miscounted(integration_id: int) -> None:
    """Issues that have more or fewer comments here than upstream says: one was deleted, or slipped
    through a list that moved while it was read."""
    mine = Count("comments", filter=Q(comments__removed_at=None))
    present = Issue.objects.present().filter(integration_id=integration_id)
    odd = present.exclude(comment_count=None).annotate(here=mine).exclude(here=F("comment_count"))
    names = odd.order_by("pk").values_list("source_issue_id", "key")[:MAX_MISCOUNTED]
    hint_at(integration_id, names)


def hint_at(integration_id: int, names: Iterable[tuple[str, str]]) -> None:
    """Ids and keys of issues that are to be asked for."""
    IssueHint.objects.bulk_create(
        [IssueHint(integration_id=integration_id, source_issue_id=i, key=k) for i, k in names],
        ignore_conflicts=True,
    )
