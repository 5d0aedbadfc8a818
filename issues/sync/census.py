"""The census: a cheap pass over all ids there are, to find what vanished and what was missed.

Nothing is judged before the last page is stored. Then every difference is asked for by itself:
only the provider's word on that very issue makes a tombstone, or brings a missed issue in.
"""

from collections.abc import Iterator
from typing import Any, cast

from django.db import transaction
from django.db.models import Exists, OuterRef
from msgspec import structs

from integrations.models import FeedCursor, SyncRun
from integrations.providers.base import CensusEntry as EntryRecord
from integrations.providers.base import Gone, IssueRef, Page, ProviderResponseError
from issues.models import CensusEntry, Issue
from issues.store.rows import Upsert
from issues.sync import feeds, runs
from issues.sync.asking import Doubt, settle
from issues.sync.hints import hint_at_miscounted
from issues.sync.pages import Reading, log_taken_calls, note_gap, store_listed
from issues.sync.read_ahead import GoOn, read_ahead

CONFIRMATIONS = 200
"""Single issues asked for in one slice."""
MAX_DOUBTS = 2_000
"""More differences than this are no normal life: said in the receipt, asked next time."""

NONE_LISTED = (
    "The tracker lists no issue at all, where some are known here: nothing is taken for gone on "
    "that word. Check that the token may still see the issues."
)

LISTED, SETTLED = "census", "settled"

_ENTRIES = Upsert(
    model=CensusEntry,
    columns=("run_id", "source_issue_id", "key", "source_updated_at"),
    conflict=("run_id", "source_issue_id"),
)


def take_census(reading: Reading, go_on: GoOn) -> bool:
    """False: the slice is over before the census is."""
    cursor = feeds.open_cursor(reading.target.integration_id, "census")
    if not _has_done(reading.run, LISTED) and not _list_ids(reading, cursor, go_on):
        return False
    return _has_done(reading.run, SETTLED) or _settle(reading, go_on)


def _has_done(run: SyncRun, part: str) -> bool:
    return part in run.feeds_done


def _list_ids(reading: Reading, cursor: FeedCursor, go_on: GoOn) -> bool:
    if not CensusEntry.objects.filter(run=reading.run).exists():
        cursor.page_token = ""  # left by a census that was given up
    page: Page[EntryRecord] | None = None
    with feeds.starting_over_if_stale(cursor):
        for page in read_ahead(reading.provider.census(cursor.page_token), go_on=go_on):
            _store_entries(reading, cursor, page)
    if page is None or page.next_token:
        return False
    reading.run.feeds_done = [*reading.run.feeds_done, LISTED]
    total = CensusEntry.objects.filter(run=reading.run).count()
    reading.run.upstream_total = total
    told = {"upstream_total": total, "upstream_total_at": cursor.pass_started_at}
    runs.keep(reading.run, feeds_done=reading.run.feeds_done, **told)
    return True


def _store_entries(reading: Reading, cursor: FeedCursor, page: Page[EntryRecord]) -> None:
    with transaction.atomic():
        stored = _store_rows(reading, page)
        if not cursor.page_token:
            cursor.pass_started_at = feeds.upstream_now(page)
        cursor.page_token = page.next_token or ""
        _ENTRIES.write(
            [(reading.run.pk, e.source_issue_id, e.key, e.source_updated_at) for e in page.records]
        )
        cursor.save(update_fields=["page_token", "pass_started_at"])
        log_taken_calls(reading)
        seen = {"pages": 1, "seen": len(page.records), "skipped": page.skipped}
        runs.keep(reading.run, attempts=0, **runs.added(seen | stored))


def _store_rows(reading: Reading, page: Page[EntryRecord]) -> dict[str, int]:
    """Where the list brought whole rows they are stored as any others: what changed without a new
    version is seen, and nothing needs to be asked for by itself. What goes into the receipt."""
    rows = tuple(entry.record for entry in page.records if entry.record)
    if not rows:
        return {}
    listed: Page[Any] = structs.replace(cast("Page[Any]", page), records=rows)
    return store_listed(reading, listed).counts


def _settle(reading: Reading, go_on: GoOn) -> bool:
    for count, doubt in enumerate(_doubts(reading)):
        if count >= CONFIRMATIONS or not go_on():
            return False
        _ask(reading, doubt)
    with transaction.atomic():
        CensusEntry.objects.filter(run=reading.run).delete()
        hint_at_miscounted(reading.target.integration_id)
        reading.run.feeds_done = [*reading.run.feeds_done, SETTLED]
        runs.keep(reading.run, feeds_done=reading.run.feeds_done)
    return True


def _doubts(reading: Reading) -> Iterator[Doubt]:
    entries = CensusEntry.objects.filter(run=reading.run)
    ours = Issue.objects.filter(integration_id=reading.target.integration_id)
    same = ours.filter(source_issue_id=OuterRef("source_issue_id"), removed_at=None)
    missed = entries.exclude(
        Exists(same.exclude(source_updated_at__lt=OuterRef("source_updated_at")))
    )
    for source_id, key in list(missed.values_list("source_issue_id", "key")[:MAX_DOUBTS]):
        pk = ours.filter(source_issue_id=source_id).values_list("pk", flat=True).first()
        yield Doubt(IssueRef(source_issue_id=source_id, key=key), pk)
    met = entries.filter(source_issue_id=OuterRef("source_issue_id"))
    # What came after the census began was never on its list.
    vanished = ours.filter(removed_at=None, created_at__lt=reading.run.started_at).exclude(
        Exists(met)
    )
    for pk, source_id, key in list(
        vanished.values_list("pk", "source_issue_id", "key")[:MAX_DOUBTS]
    ):
        yield Doubt(IssueRef(source_issue_id=source_id, key=key), pk)


def _ask(reading: Reading, doubt: Doubt) -> None:
    """Settle one difference, and note that it is settled."""
    try:
        answer = reading.provider.fetch_one(doubt.ref)
    except ProviderResponseError as error:
        # It cannot be read: said in the receipt, and the census goes on.
        note_gap(reading.run, f"{doubt.ref.key}: {error.message}")
        _close(reading, doubt)
        return
    if is_none_listed(reading.run) and isinstance(answer, Gone) and answer.reason == "not_visible":
        note_gap(reading.run, NONE_LISTED)
        _close(reading, doubt)
        return
    with transaction.atomic():
        log_taken_calls(reading)
        settle(reading, doubt, answer)
        _close(reading, doubt)
        runs.keep(reading.run, attempts=0)


def is_none_listed(run: SyncRun) -> bool:
    return run.upstream_total == 0


def _close(reading: Reading, doubt: Doubt) -> None:
    """Make the list agree with the table, so that this is asked once."""
    entry: dict[str, Any] = {"run": reading.run, "source_issue_id": doubt.ref.source_issue_id}
    present = Issue.objects.present().filter(
        integration_id=reading.target.integration_id,
        source_issue_id=doubt.ref.source_issue_id,
    )
    if present.exists():
        settled = {"key": doubt.ref.key, "source_updated_at": None}
        CensusEntry.objects.update_or_create(**entry, defaults=settled)
    else:
        CensusEntry.objects.filter(**entry).delete()
