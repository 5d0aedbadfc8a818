"""Census: a cheap pass over all issue ids, to find removed and missed issues.

Complete rows in its pages are stored at once. Other differences are judged only after the last page
is stored: each is fetched individually, once. Only the provider's answer about that issue creates a
tombstone.
"""

from typing import Any, cast

from django.db import transaction
from django.db.models import F
from msgspec import structs

from integrations.models import FeedCursor, SyncRun
from integrations.providers.contract.base import CensusEntry as EntryRecord
from integrations.providers.contract.base import (
    Found,
    Gone,
    Page,
    ProviderResponseError,
    RejectedRecord,
)
from issues.models import CensusEntry
from issues.store.rows import Upsert
from issues.sync import feed_cursor, run_lease
from issues.sync.completeness import release_absent_records
from issues.sync.feed_reader import HasTime, read_if_due, read_with_retry
from issues.sync.page_store import SyncContext, log_new_calls, note_gap, store_listed
from issues.sync.quarantine import quarantine
from issues.sync.reconcile import (
    Discrepancy,
    apply_answer,
    check_not_settled,
    count_listed,
    find_discrepancies,
    is_listed,
    note_settled,
    with_answers,
)
from issues.sync.refetch_queue import queue_miscounted

MAX_SINGLE_FETCHES = 200
"""Issues fetched individually per slice."""
REREAD_LIST_FROM = 100
"""Number of missing or outdated issues from which the whole issue list is reread."""

NONE_LISTED = (
    "The tracker listed no issues, but some are stored here. No issue was marked as removed. "
    "Check that the token can still read the issues."
)

BEGUN, ROWS, LISTED, REREAD, SETTLED = "begun", "rows", "census", "reread", "settled"

_ENTRIES = Upsert(
    model=CensusEntry,
    columns=("run_id", "source_issue_id", "key", "source_updated_at", "settled"),
    conflict=("run_id", "source_issue_id"),
)


def run_census(context: SyncContext, has_time: HasTime) -> bool:
    """Advance the census by one slice; return False if it is not finished.

    A due sync runs first, in every slice: issues it reads need no check, and a long census does not
    delay new data.
    """
    if not _has_done(context.run, BEGUN):
        feed_cursor.read_missed_again(context.target.integration_id)
        _note_done(context.run, BEGUN)
    if not read_if_due(context, has_time):
        return False
    cursor = feed_cursor.open_cursor(context.target.integration_id, "census")
    if not _has_done(context.run, LISTED) and not _list_ids(context, cursor, has_time):
        return False
    return _has_done(context.run, SETTLED) or _resolve_all(context, cursor, has_time)


def _has_done(run: SyncRun, part: str) -> bool:
    return part in run.feeds_done


def _list_ids(context: SyncContext, cursor: FeedCursor, has_time: HasTime) -> bool:
    if not CensusEntry.objects.filter(run=context.run).exists():
        cursor.page_token = ""  # left by an abandoned census
    page: Page[EntryRecord] | None = None
    with feed_cursor.reset_stale_token(cursor):
        for page in read_with_retry(context.provider.census, cursor.page_token, has_time=has_time):
            _store_entries(context, cursor, page)
            for note in page.notes:
                note_gap(context.run, note, stored_less=True)
    if page is None or page.next_token:
        return False
    total = CensusEntry.objects.filter(run=context.run).count()
    context.run.upstream_total = total
    run_lease.update_run(
        context.run, upstream_total=total, upstream_total_at=cursor.pass_started_at
    )
    _note_done(context.run, LISTED)
    return True


def _store_entries(context: SyncContext, cursor: FeedCursor, page: Page[EntryRecord]) -> None:
    with transaction.atomic():
        counts, refused = _store_rows(context, page)
        if not cursor.page_token:
            cursor.pass_started_at, cursor.missed = feed_cursor.upstream_now(page), ""
        cursor.missed = cursor.missed or " ".join(page.notes)
        cursor.page_token = page.next_token or ""
        _ENTRIES.write(
            [
                (
                    context.run.pk,
                    e.source_issue_id,
                    e.key,
                    e.source_updated_at,
                    e.source_issue_id in refused,
                )
                for e in page.records
            ]
        )
        cursor.save(update_fields=["page_token", "pass_started_at", "missed"])
        log_new_calls(context)
        seen = {"pages": 1, "records_seen": len(page.records), "skipped": page.skipped}
        run_lease.update_run(context.run, attempts=0, **run_lease.added(seen | counts))


def _store_rows(
    context: SyncContext, page: Page[EntryRecord]
) -> tuple[dict[str, int], frozenset[str]]:
    """Store the complete rows of a census page like any other rows.

    This detects changes without a new version and saves individual requests. Returns the counts for
    the receipt, and the source ids of quarantined rows: fetching those individually would return
    the same data.
    """
    rows = tuple(entry.record for entry in page.records if entry.record)
    if not rows:
        return {}, frozenset()
    listed: Page[Any] = structs.replace(cast("Page[Any]", page), records=rows)
    effect = store_listed(context, listed)
    if not _has_done(context.run, ROWS):
        _note_done(context.run, ROWS)
    return effect.counts, frozenset(rejected.source_id for rejected in effect.rejected)


def _resolve_all(context: SyncContext, cursor: FeedCursor, has_time: HasTime) -> bool:
    if _rereads_list(context):
        return False
    discrepancies = with_answers(context.provider, find_discrepancies(context))
    for count, (discrepancy, answer) in enumerate(discrepancies):
        # At least one per slice: a run without progress is parked.
        if count and (count >= MAX_SINGLE_FETCHES or not has_time()):
            return False
        _resolve(context, discrepancy, answer)
    _end(context, cursor)
    return True


def _end(context: SyncContext, cursor: FeedCursor) -> None:
    integration_id = context.target.integration_id
    with transaction.atomic():
        release_absent_records(context.run, brings_rows=_has_done(context.run, ROWS))
        CensusEntry.objects.filter(run=context.run).delete()
        queue_miscounted(integration_id)
        issues = FeedCursor.objects.filter(integration_id=integration_id, feed="issues")
        issues.update(missed=cursor.missed)
        feed_cursor.note_compared(integration_id)
        _note_done(context.run, SETTLED)


def _rereads_list(context: SyncContext) -> bool:
    """Reread the whole issue list in the next slice, at most once per census.

    Used when too many issues are missing or outdated to fetch them individually.
    """
    if _has_done(context.run, REREAD) or count_listed(context) < REREAD_LIST_FROM:
        return False
    with transaction.atomic():
        feed_cursor.read_issues_again(context.target.integration_id)
        _note_done(context.run, REREAD)
    return True


def _note_done(run: SyncRun, part: str) -> None:
    run.feeds_done = [*run.feeds_done, part]
    run_lease.update_run(run, feeds_done=run.feeds_done, attempts=0)


def _resolve(context: SyncContext, discrepancy: Discrepancy, known: Found | Gone | None) -> None:
    """Resolve one discrepancy and record it as settled. `known`: answer already fetched."""
    check_not_settled(context, discrepancy)
    try:
        answer = known or context.provider.fetch_one(discrepancy.ref)
    except ProviderResponseError as error:
        # Unreadable: report it in the receipt and continue.
        _quarantine(context, discrepancy, error.message)
        return
    if is_list_empty(context.run) and isinstance(answer, Gone) and answer.reason == "not_visible":
        note_gap(context.run, NONE_LISTED, stored_less=True)
        note_settled(context, discrepancy)
        return
    with transaction.atomic():
        log_new_calls(context)
        apply_answer(context, discrepancy, answer)
        if isinstance(answer, Gone) and is_listed(context, discrepancy):
            run_lease.update_run(context.run, upstream_total=F("upstream_total") - 1)
        note_settled(context, discrepancy)
        run_lease.update_run(context.run, attempts=0)


def _quarantine(context: SyncContext, discrepancy: Discrepancy, reason: str) -> None:
    """Quarantine the issue, so that every receipt reports it until it can be read."""
    note_gap(context.run, f"{discrepancy.ref.key}: {reason}", stored_less=True)
    unread = RejectedRecord(source_id=discrepancy.ref.source_issue_id, reason=reason, raw=b"")
    with transaction.atomic():
        quarantine(context.target.integration_id, "issues", [unread])
        note_settled(context, discrepancy)


def is_list_empty(run: SyncRun) -> bool:
    return run.upstream_total == 0
