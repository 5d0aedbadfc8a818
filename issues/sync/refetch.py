"""Refetch of single issues, usually triggered by a webhook.

A hint only triggers a refetch; its content is not used.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F

from integrations.models import IssueHint
from integrations.providers.contract.base import IssueRef, ProviderResponseError, RejectedRecord
from issues.models import Issue
from issues.sync import run_lease
from issues.sync.feed_reader import HasTime, read_history
from issues.sync.page_store import SyncContext, log_new_calls, note_gap
from issues.sync.quarantine import quarantine
from issues.sync.reconcile import Discrepancy, apply_answer

MAX_ATTEMPTS = 3
"""Failed reads after which an issue is left to the next census."""


def run_targeted(context: SyncContext, has_time: HasTime) -> bool:
    """Run a targeted sync; return False if the slice ended first."""
    return refetch_queued(context, has_time) and read_history(context, has_time)


def refetch_queued(context: SyncContext, has_time: HasTime) -> bool:
    """Refetch every queued issue; return False if the slice ended first."""
    while hints := _oldest(context):
        for hint in hints:
            if not has_time():
                return False
            _refetch(context, hint)
            context.hints_asked.add(hint.pk)
    return True


def has_queued(integration_id: int) -> bool:
    return IssueHint.objects.filter(integration_id=integration_id).exists()


def _oldest(context: SyncContext) -> Sequence[IssueHint]:
    """Return the oldest hints, without those that failed in this run."""
    hints = IssueHint.objects.filter(integration_id=context.target.integration_id)
    hints = hints.exclude(pk__in=context.hints_asked)
    return list(hints.order_by("noted_at", "pk")[:100])


def _refetch(context: SyncContext, hint: IssueHint) -> None:
    discrepancy = _discrepancy(hint)
    try:
        answer = context.provider.fetch_one(discrepancy.ref)
    except ProviderResponseError as error:
        _record_failure(context, hint, error.message)
        return
    with transaction.atomic():
        log_new_calls(context)
        apply_answer(context, discrepancy, answer)
        # A hint added during the request is newer than the answer and stays queued.
        IssueHint.objects.filter(pk=hint.pk, noted_at=hint.noted_at).delete()
        run_lease.update_run(context.run, attempts=0)


def _discrepancy(hint: IssueHint) -> Discrepancy:
    """Complete the reference from the stored row: a hint may lack id or key."""
    known = Issue.objects.filter(integration_id=hint.integration_id)
    if hint.source_issue_id:
        known = known.filter(source_issue_id=hint.source_issue_id)
    else:
        known = known.filter(key=hint.key)
    pk, source_id, key = known.values_list("pk", "source_issue_id", "key").first() or (None, "", "")
    ref = IssueRef(source_issue_id=hint.source_issue_id or source_id, key=hint.key or key)
    return Discrepancy(ref, pk)


def _record_failure(context: SyncContext, hint: IssueHint, reason: str) -> None:
    """Report the failed refetch; after the last attempt, leave it to the census."""
    note_gap(context.run, f"{hint.key or hint.source_issue_id}: {reason}", stored_less=True)
    rows = IssueHint.objects.filter(pk=hint.pk)
    rows.update(attempts=F("attempts") + 1)
    if rows.filter(attempts__gte=MAX_ATTEMPTS).delete()[0] and hint.source_issue_id:
        unread = RejectedRecord(source_id=hint.source_issue_id, reason=reason, raw=b"")
        quarantine(hint.integration_id, "issues", [unread])
