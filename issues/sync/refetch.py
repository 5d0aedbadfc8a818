"""Issues that were hinted at, by a webhook as a rule: each is asked for by itself.

A hint is believed in nothing but that the issue is worth asking for.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F

from integrations.models import IssueHint
from integrations.providers.contract.base import IssueRef, ProviderResponseError, RejectedRecord
from issues.models import Issue
from issues.sync import run_lease
from issues.sync.feed_reader import HasTime, read_history
from issues.sync.page_store import SyncContext, log_taken_calls, note_gap
from issues.sync.quarantine import quarantine
from issues.sync.reconcile import Discrepancy, apply_answer

MAX_ATTEMPTS = 3
"""An issue that cannot be read so often is left to the next census."""


def read_hinted(reading: SyncContext, go_on: HasTime) -> bool:
    """The whole of a targeted run. False: the slice is over before the run is."""
    return drain(reading, go_on) and read_history(reading, go_on)


def drain(reading: SyncContext, go_on: HasTime) -> bool:
    """Ask for every issue that was hinted at until now."""
    while hints := _oldest(reading):
        for hint in hints:
            if not go_on():
                return False
            _ask(reading, hint)
            reading.hints_asked.add(hint.pk)
    return True


def are_left(integration_id: int) -> bool:
    return IssueHint.objects.filter(integration_id=integration_id).exists()


def _oldest(reading: SyncContext) -> Sequence[IssueHint]:
    """Those that could not be read are left to the next run."""
    hints = IssueHint.objects.filter(integration_id=reading.target.integration_id)
    hints = hints.exclude(pk__in=reading.hints_asked)
    return list(hints.order_by("noted_at", "pk")[:100])


def _ask(reading: SyncContext, hint: IssueHint) -> None:
    doubt = _doubt(hint)
    try:
        answer = reading.provider.fetch_one(doubt.ref)
    except ProviderResponseError as error:
        _give_up_for_now(reading, hint, error.message)
        return
    with transaction.atomic():
        log_taken_calls(reading)
        apply_answer(reading, doubt, answer)
        # One that came while we asked is newer than the answer, and stays.
        IssueHint.objects.filter(pk=hint.pk, noted_at=hint.noted_at).delete()
        run_lease.update_run(reading.run, attempts=0)


def _doubt(hint: IssueHint) -> Discrepancy:
    """Either half of the name may be missing; our row knows both."""
    known = Issue.objects.filter(integration_id=hint.integration_id)
    if hint.source_issue_id:
        known = known.filter(source_issue_id=hint.source_issue_id)
    else:
        known = known.filter(key=hint.key)
    pk, source_id, key = known.values_list("pk", "source_issue_id", "key").first() or (None, "", "")
    ref = IssueRef(source_issue_id=hint.source_issue_id or source_id, key=hint.key or key)
    return Discrepancy(ref, pk)


def _give_up_for_now(reading: SyncContext, hint: IssueHint, reason: str) -> None:
    """Left to the next census at last; until it was read, every receipt tells."""
    note_gap(reading.run, f"{hint.key or hint.source_issue_id}: {reason}", stored_less=True)
    rows = IssueHint.objects.filter(pk=hint.pk)
    rows.update(attempts=F("attempts") + 1)
    if rows.filter(attempts__gte=MAX_ATTEMPTS).delete()[0] and hint.source_issue_id:
        unread = RejectedRecord(source_id=hint.source_issue_id, reason=reason, raw=b"")
        quarantine(hint.integration_id, "issues", [unread])
