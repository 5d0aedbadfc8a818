"""Remapping of stored pages, without requests to the tracker.

`remap` processes an integration in one call, concurrently with syncs. `remap_slice` does it
as a run, one slice at a time, while no other run of the integration is open.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.db import OperationalError, connection, transaction

from integrations.models import FeedCursor, Integration, RawPage, SyncRun
from issues.models import Issue
from issues.reprocess.offline_provider import offline_provider
from issues.reprocess.remap_coverage import MemoryCoverage, RunCoverage
from issues.reprocess.remap_page import Outcome, RemapContext, store_remapped
from issues.sync import feed_cursor, raw_pages, run_lease
from issues.sync.feed_reader import HasTime
from issues.sync.page_store import note_gap

NEWEST_FIRST = "issues"
"""Feed processed newest first (see `remap_page`)."""
REPORT_EVERY = 100
MAX_TRIES = 10
"""Attempts for a page whose rows are locked by a sync."""
NOT_REMAPPED = (
    "The current version of {missing} of {present} issues is on no stored page, so these issues "
    "were not mapped again. To include them, refetch everything: "
    "manage.py remap --integration {id} --refetch"
)


@dataclass(slots=True)
class Report:
    pages: int = 0
    records: int = 0
    changed: int = 0
    """Rows inserted or updated: issues, comments, transitions."""
    rejected: int = 0
    """Records that cannot be mapped; their stored rows stay unchanged."""
    missing: int = 0
    """Present issues whose current version is on no stored page."""
    present: int = 0
    unreadable: list[str] = field(default_factory=list)
    """Pages that cannot be read, with the reason."""

    def add(self, counts: dict[str, int]) -> None:
        self.pages += counts["pages"]
        self.records += counts["records_seen"]
        self.rejected += counts["quarantined"]
        self.changed += sum(counts.get(name, 0) for name in _CHANGES)


_CHANGES = ("issues_created", "issues_updated", "comments_stored", "transitions_stored")


def remap(
    integration: Integration, report_progress: Callable[[Report], None], *, dry_run: bool = False
) -> Report:
    """Remap all stored pages, one transaction each; calls `report_progress` periodically.

    Safe to repeat, also after an interruption.
    """
    report = Report()
    reached = MemoryCoverage()
    context = RemapContext(integration, offline_provider(integration), reached)
    for page in _all_pages(context):
        try:
            outcome = _store_beside_syncs(context, page, dry_run=dry_run)
        except raw_pages.Unreadable as reason:
            report.unreadable.append(_unreadable(page, reason))
            continue
        reached.add(outcome.reached)
        report.add(outcome.counts)
        if report.pages % REPORT_EVERY == 0:
            report_progress(report)
    report.missing = reached.count_missing(integration.pk)
    report.present = _count_present(integration.pk)
    return report


def _all_pages(context: RemapContext) -> Iterator[RawPage]:
    for feed in context.provider.feeds:
        last = 0
        while page := _next_page(context.integration.pk, feed, last):
            yield page
            last = page.pk


def _next_page(integration_id: int, feed: str, last: int) -> RawPage | None:
    """Return the page after id `last`; 0 starts from the beginning."""
    pages = RawPage.objects.filter(integration_id=integration_id, feed=feed)
    if feed == NEWEST_FIRST:
        return (pages.filter(pk__lt=last) if last else pages).order_by("-pk").first()
    return pages.filter(pk__gt=last).order_by("pk").first()


def _store_beside_syncs(context: RemapContext, page: RawPage, *, dry_run: bool) -> Outcome:
    """Store a page; retry on lock conflicts with a running sync."""
    tries = 0
    while True:
        tries += 1
        try:
            with transaction.atomic():
                _set_lock_timeout()
                outcome = store_remapped(context, page)
                transaction.set_rollback(dry_run)
            return outcome
        except OperationalError:
            if tries == MAX_TRIES:
                raise


def _set_lock_timeout() -> None:
    """Use a lock timeout below PostgreSQL's deadlock timeout, so that the sync survives."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '500ms'")


def _unreadable(page: RawPage, reason: raw_pages.Unreadable) -> str:
    return f"Page of {page.feed} stored at {page.created_at:%Y-%m-%d %H:%M:%S} UTC: {reason}."


def _count_present(integration_id: int) -> int:
    return Issue.objects.present().filter(integration=integration_id).count()


# --- as a run -----------------------------------------------------------------------------------


def remap_slice(run: SyncRun, has_time: HasTime) -> bool:
    """Remap pages for one slice; return False if the run is not finished."""
    reached = RunCoverage(run)
    context = RemapContext(run.integration, offline_provider(run.integration), reached, run.pk)
    cursor = feed_cursor.open_cursor(run.integration_id, "remap")
    if not run.pages and not run.feeds_done:
        cursor.page_token = ""  # left by an abandoned run
    for feed in context.provider.feeds:
        if feed not in run.feeds_done and not _map_feed(context, run, cursor, feed, has_time):
            return False
    _report_missing(run, reached)
    return True


def _map_feed(
    context: RemapContext, run: SyncRun, cursor: FeedCursor, feed: str, has_time: HasTime
) -> bool:
    run_lease.update_run(run, feed=feed)
    while page := _next_page(run.integration_id, feed, int(cursor.page_token or 0)):
        if not has_time():
            return False
        _store_in_run(context, run, cursor, page)
    with transaction.atomic():
        _save_place(cursor, "")
        run.feeds_done = [*run.feeds_done, feed]
        run_lease.update_run(run, feeds_done=run.feeds_done, attempts=0)
    return True


def _store_in_run(context: RemapContext, run: SyncRun, cursor: FeedCursor, page: RawPage) -> None:
    with transaction.atomic():
        try:
            outcome = store_remapped(context, page)
        except raw_pages.Unreadable as reason:
            outcome = Outcome({"pages": 1})
            note_gap(run, _unreadable(page, reason))
        context.reached.add(outcome.reached)
        _save_place(cursor, str(page.pk))
        run_lease.update_run(run, attempts=0, **run_lease.added(outcome.counts))


def _save_place(cursor: FeedCursor, page_token: str) -> None:
    cursor.page_token = page_token
    cursor.save(update_fields=["page_token"])


def _report_missing(run: SyncRun, reached: RunCoverage) -> None:
    missing = reached.count_missing(run.integration_id)
    if missing:
        present = _count_present(run.integration_id)
        note_gap(run, NOT_REMAPPED.format(missing=missing, present=present, id=run.integration_id))
    reached.forget()
