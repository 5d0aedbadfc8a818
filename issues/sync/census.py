"""The census: a cheap pass over all ids there are, to find what vanished and what was missed.

Where its pages bring whole rows, they are stored as they come. Nothing else is judged before the
last page is stored; then what still differs is asked for by itself, once: only the provider's word
on that very issue makes a tombstone.
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
from issues.sync.completeness import let_go_what_is_no_more
from issues.sync.feed_reader import HasTime, read_if_due, read_patiently
from issues.sync.page_store import SyncContext, log_taken_calls, note_gap, store_listed
from issues.sync.quarantine import quarantine
from issues.sync.reconcile import (
    Discrepancy,
    apply_answer,
    count_listed,
    find_doubts,
    is_listed,
    note_settled,
    refuse_second,
    with_answers,
)
from issues.sync.refetch_queue import hint_at_miscounted

CONFIRMATIONS = 200
"""Single issues asked for in one slice."""
LISTS_FROM = 100
"""So many listed issues that are missing or old here are read from the list of issues instead."""

NONE_LISTED = (
    "The tracker lists no issue at all, where some are known here: nothing is taken for gone on "
    "that word. Check that the token may still see the issues."
)

BEGUN, ROWS, LISTED, REREAD, SETTLED = "begun", "rows", "census", "reread", "settled"

_ENTRIES = Upsert(
    model=CensusEntry,
    columns=("run_id", "source_issue_id", "key", "source_updated_at", "settled"),
    conflict=("run_id", "source_issue_id"),
)


def take_census(reading: SyncContext, go_on: HasTime) -> bool:
    """False: the slice is over before the census is.

    A sync that is due comes first, at the beginning and in every later slice: what it reads is no
    doubt any more, and a long census keeps nobody waiting for news.
    """
    if not _has_done(reading.run, BEGUN):
        feed_cursor.read_missed_again(reading.target.integration_id)
        _note_done(reading.run, BEGUN)
    if not read_if_due(reading, go_on):
        return False
    cursor = feed_cursor.open_cursor(reading.target.integration_id, "census")
    if not _has_done(reading.run, LISTED) and not _list_ids(reading, cursor, go_on):
        return False
    return _has_done(reading.run, SETTLED) or _settle(reading, cursor, go_on)


def _has_done(run: SyncRun, part: str) -> bool:
    return part in run.feeds_done


def _list_ids(reading: SyncContext, cursor: FeedCursor, go_on: HasTime) -> bool:
    if not CensusEntry.objects.filter(run=reading.run).exists():
        cursor.page_token = ""  # left by a census that was given up
    page: Page[EntryRecord] | None = None
    with feed_cursor.reset_stale_token(cursor):
        for page in read_patiently(reading.provider.census, cursor.page_token, go_on=go_on):
            _store_entries(reading, cursor, page)
            for note in page.notes:
                note_gap(reading.run, note, stored_less=True)
    if page is None or page.next_token:
        return False
    total = CensusEntry.objects.filter(run=reading.run).count()
    reading.run.upstream_total = total
    run_lease.update_run(
        reading.run, upstream_total=total, upstream_total_at=cursor.pass_started_at
    )
    _note_done(reading.run, LISTED)
    return True


def _store_entries(reading: SyncContext, cursor: FeedCursor, page: Page[EntryRecord]) -> None:
    with transaction.atomic():
        counts, refused = _store_rows(reading, page)
        if not cursor.page_token:
            cursor.pass_started_at, cursor.missed = feed_cursor.upstream_now(page), ""
        cursor.missed = cursor.missed or " ".join(page.notes)
        cursor.page_token = page.next_token or ""
        _ENTRIES.write(
            [
                (
                    reading.run.pk,
                    e.source_issue_id,
                    e.key,
                    e.source_updated_at,
                    e.source_issue_id in refused,
                )
                for e in page.records
            ]
        )
        cursor.save(update_fields=["page_token", "pass_started_at", "missed"])
        log_taken_calls(reading)
        seen = {"pages": 1, "seen": len(page.records), "skipped": page.skipped}
        run_lease.update_run(reading.run, attempts=0, **run_lease.added(seen | counts))


def _store_rows(
    reading: SyncContext, page: Page[EntryRecord]
) -> tuple[dict[str, int], frozenset[str]]:
    """Where the list brought whole rows they are stored as any others: what changed without a new
    version is seen, and nothing needs to be asked for by itself.

    What goes into the receipt, and the ids of rows that wait in quarantine: asking for one by
    itself would bring the same.
    """
    rows = tuple(entry.record for entry in page.records if entry.record)
    if not rows:
        return {}, frozenset()
    listed: Page[Any] = structs.replace(cast("Page[Any]", page), records=rows)
    effect = store_listed(reading, listed)
    if not _has_done(reading.run, ROWS):
        _note_done(reading.run, ROWS)
    return effect.counts, frozenset(rejected.source_id for rejected in effect.rejected)


def _settle(reading: SyncContext, cursor: FeedCursor, go_on: HasTime) -> bool:
    if _reads_list_again(reading):
        return False
    doubts = with_answers(reading.provider, find_doubts(reading))
    for count, (doubt, answer) in enumerate(doubts):
        # At least one a slice: a run that gets no further is parked.
        if count and (count >= CONFIRMATIONS or not go_on()):
            return False
        _ask(reading, doubt, answer)
    _end(reading, cursor)
    return True


def _end(reading: SyncContext, cursor: FeedCursor) -> None:
    integration_id = reading.target.integration_id
    with transaction.atomic():
        let_go_what_is_no_more(reading.run, brings_rows=_has_done(reading.run, ROWS))
        CensusEntry.objects.filter(run=reading.run).delete()
        hint_at_miscounted(integration_id)
        issues = FeedCursor.objects.filter(integration_id=integration_id, feed="issues")
        issues.update(missed=cursor.missed)
        feed_cursor.note_compared(integration_id)
        _note_done(reading.run, SETTLED)


def _reads_list_again(reading: SyncContext) -> bool:
    """Once a census, where too many issues are missing or old here to ask for each by itself: the
    next slice begins with the whole list of issues, as a first sync does."""
    if _has_done(reading.run, REREAD) or count_listed(reading) < LISTS_FROM:
        return False
    with transaction.atomic():
        feed_cursor.read_issues_again(reading.target.integration_id)
        _note_done(reading.run, REREAD)
    return True


def _note_done(run: SyncRun, part: str) -> None:
    run.feeds_done = [*run.feeds_done, part]
    run_lease.update_run(run, feeds_done=run.feeds_done, attempts=0)


def _ask(reading: SyncContext, doubt: Discrepancy, known: Found | Gone | None) -> None:
    """Settle one difference, and note that it is settled. `known`: it was asked for already."""
    refuse_second(reading, doubt)
    try:
        answer = known or reading.provider.fetch_one(doubt.ref)
    except ProviderResponseError as error:
        # It cannot be read: said in the receipt, and the census goes on.
        _hold(reading, doubt, error.message)
        return
    if is_none_listed(reading.run) and isinstance(answer, Gone) and answer.reason == "not_visible":
        note_gap(reading.run, NONE_LISTED, stored_less=True)
        note_settled(reading, doubt)
        return
    with transaction.atomic():
        log_taken_calls(reading)
        apply_answer(reading, doubt, answer)
        if isinstance(answer, Gone) and is_listed(reading, doubt):
            run_lease.update_run(reading.run, upstream_total=F("upstream_total") - 1)
        note_settled(reading, doubt)
        run_lease.update_run(reading.run, attempts=0)


def _hold(reading: SyncContext, doubt: Discrepancy, reason: str) -> None:
    """In quarantine, like a row of a page: so every receipt tells until it could be read."""
    note_gap(reading.run, f"{doubt.ref.key}: {reason}", stored_less=True)
    unread = RejectedRecord(source_id=doubt.ref.source_issue_id, reason=reason, raw=b"")
    with transaction.atomic():
        quarantine(reading.target.integration_id, "issues", [unread])
        note_settled(reading, doubt)


def is_none_listed(run: SyncRun) -> bool:
    return run.upstream_total == 0
