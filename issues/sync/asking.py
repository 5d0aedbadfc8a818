"""Asking for one issue by itself: only the provider's word on that very issue settles a doubt."""

from dataclasses import dataclass

from django.db.models import F
from django.utils import timezone

from integrations.providers.base import Found, Gone, IssueRef
from issues.changes import note_changed
from issues.models import Issue
from issues.sync import runs
from issues.sync.pages import Reading, store_found
from issues.sync.quarantine import let_go


@dataclass(frozen=True, slots=True)
class Doubt:
    """An issue of which it is not known how it stands upstream."""

    ref: IssueRef
    pk: int | None
    """Of our row; None: we have none."""


def settle(reading: Reading, doubt: Doubt, answer: Found | Gone) -> None:
    """Make the row what the provider says, inside the caller's transaction."""
    if isinstance(answer, Gone):
        _bury(reading, doubt, answer)
    else:
        store_found(reading, answer)


def _bury(reading: Reading, doubt: Doubt, gone: Gone) -> None:
    """The issue stays with its history, marked as no longer upstream."""
    now = timezone.now()
    buried = Issue.objects.filter(pk=doubt.pk or 0, removed_at=None).update(
        removed_at=now, removed_reason=gone.reason, moved_to=gone.moved_to, updated_at=now
    )
    let_go(reading.target.integration_id, "issues", [doubt.ref.source_issue_id])
    if buried and doubt.pk:
        note_changed(reading.target.project_id, [doubt.pk])
    runs.keep(reading.run, issues_removed=F("issues_removed") + buried)
