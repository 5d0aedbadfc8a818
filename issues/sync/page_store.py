"""Storage of one page: rows, quarantine, checkpoint and receipt in one short transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from integrations.http.session import CallRecord, Session, log_calls
from integrations.models import FeedCursor, SyncRun
from integrations.providers.contract.base import FeedRecord, Found, IssueRecord, Page, Provider
from issues.derived_fields import enrich_issues
from issues.store import Target
from issues.sync import attached_history, feed_cursor, raw_pages, run_lease, store_results
from issues.sync.feed_cursor import FeedPage
from issues.sync.quarantine import held, quarantine, release_records
from issues.sync.refetch_queue import queue_refetch
from issues.sync.sanitize import latest_version, sanitized
from issues.sync.store_results import StoreResult

MAX_GAPS = 100
MAX_MISSING = 500
"""Characters of the summary; the receipt's `gaps` hold the rest."""


@dataclass(slots=True)
class SyncContext:
    """State of one slice of a run."""

    run: SyncRun
    provider: Provider
    session: Session
    target: Target
    history_read_through: datetime | None = None
    """Time up to which earlier runs read comments and events."""
    held_ids: dict[str, frozenset[str]] = field(default_factory=dict)
    hints_asked: set[int] = field(default_factory=set)

    def take_calls(self) -> list[CallRecord]:
        """Return and clear new calls; the prefetch thread may append meanwhile."""
        count = len(self.session.calls)
        calls = self.session.calls[:count]
        del self.session.calls[:count]
        return calls

    def in_quarantine(self, feed: str) -> frozenset[str]:
        if feed not in self.held_ids:
            self.held_ids[feed] = held(self.target.integration_id, feed)
        return self.held_ids[feed]


@dataclass(frozen=True, slots=True)
class PageWrite:
    """Page with its sanitised records, ready to store."""

    cursor: FeedCursor
    page: FeedPage
    horizon: datetime | None
    records: Sequence[FeedRecord]
    history: attached_history.AttachedHistory
    repaired: int


def store_page(
    context: SyncContext, cursor: FeedCursor, page: FeedPage, horizon: datetime | None
) -> StoreResult:
    """Store the page atomically; raises LeaseLost if another worker took over the run."""
    latest = latest_version(page.upstream_time, timezone.now())
    records, repaired = sanitized(page.records, latest)
    comments, more = sanitized(page.comments, latest)
    transitions, most = sanitized(page.transitions, latest)
    step = PageWrite(
        cursor=cursor,
        page=page,
        horizon=horizon,
        records=records,
        history=attached_history.AttachedHistory(comments, transitions, _whole(page, records)),
        repaired=page.repaired + repaired + more + most,
    )
    before = {name: getattr(cursor, name) for name in feed_cursor.PASS_FIELDS}
    try:
        return _store(context, step, store_results.store_all)
    except store_results.REFUSALS:
        # Rare path: normal pages avoid the savepoint cost.
        for name, value in before.items():
            setattr(cursor, name, value)
        context.target.clear_cache()
        return _store(context, step, store_results.store_or_bisect)


def _whole(page: FeedPage, records: Sequence[FeedRecord]) -> dict[str, datetime]:
    """Return versions of the page's issues that include all comments."""
    whole = set(page.whole_comments_of)
    issues = (record for record in records if isinstance(record, IssueRecord))
    return {r.source_issue_id: r.source_updated_at for r in issues if r.source_issue_id in whole}


def store_listed(context: SyncContext, page: Page[IssueRecord]) -> StoreResult:
    """Store rows from a census page, inside the caller's transaction, before other locks."""
    integration_id = context.target.integration_id
    latest = latest_version(page.upstream_time, timezone.now())
    records, repaired = sanitized(page.records, latest)
    history = attached_history.AttachedHistory(
        sanitized(page.comments, latest)[0],
        sanitized(page.transitions, latest)[0],
        _whole(page, records),
    )
    effect = store_results.store_or_bisect(context.target, "issues", records)
    rejected = (*page.rejected, *effect.rejected)
    effect = attached_history.store(context.target, effect, history, store_results.store_or_bisect)
    quarantine(integration_id, "issues", rejected)
    raw_pages.save(integration_id, "issues", page, effect)
    _release_quarantined(context, "issues", records, effect)
    enrich_issues(effect.issue_ids)
    _reread_history_of_late_issues(context, effect)
    if effect.changed:
        feed_cursor.note_changed(integration_id)
    more = {"repaired": page.repaired + repaired, "quarantined": len(rejected)}
    return replace(effect, counts=effect.counts | more, rejected=rejected)


def store_found(context: SyncContext, found: Found) -> None:
    """Store one individually fetched issue, inside the caller's transaction."""
    integration_id, source_id = context.target.integration_id, found.record.source_issue_id
    latest = latest_version(found.upstream_time, timezone.now())
    [record], _ = sanitized([found.record], latest)
    effect = store_results.store_or_bisect(context.target, "issues", [record])
    quarantine(integration_id, "issues", effect.rejected)
    rejected = len(effect.rejected)
    if not effect.rejected:
        release_records(integration_id, "issues", [source_id])
        whole = {source_id: record.source_updated_at} if found.has_history else {}
        history = attached_history.AttachedHistory(
            sanitized(found.comments, latest)[0], sanitized(found.transitions, latest)[0], whole
        )
        effect = attached_history.store(
            context.target, effect, history, store_results.store_or_bisect
        )
        enrich_issues(effect.issue_ids)
    if effect.changed:
        feed_cursor.note_changed(integration_id)
    _reread_history_of_late_issues(context, effect)
    run_lease.update_run(context.run, **run_lease.added(effect.counts | {"quarantined": rejected}))


def log_new_calls(context: SyncContext) -> None:
    """Log calls that returned no page (304, errors, single issues) and count them."""
    calls = context.take_calls()
    if calls:
        _log(context, calls)
        SyncRun.objects.filter(pk=context.run.pk).update(**run_lease.added(_of_calls(calls)))


def note_gap(run: SyncRun, message: str, *, stored_less: bool = False) -> None:
    """Add a gap to the receipt: what this run could not read, and why.

    `stored_less=True` also marks the run as incomplete, because required data is missing.
    """
    if stored_less and message not in run.missing and len(run.missing) < MAX_MISSING:
        run.missing = f"{run.missing} {message}".strip()
    if message not in run.gaps and len(run.gaps) < MAX_GAPS:
        run.gaps = [*run.gaps, message]
    run_lease.update_run(run, gaps=run.gaps, missing=run.missing)


def _store(context: SyncContext, step: PageWrite, store: Callable[..., StoreResult]) -> StoreResult:
    integration_id, feed = step.cursor.integration_id, step.cursor.feed
    with transaction.atomic():
        _relax_durability()
        effect = store(context.target, feed, step.records)
        rejected = (*step.page.rejected, *effect.rejected)
        effect = attached_history.store(context.target, effect, step.history, store)
        quarantine(integration_id, feed, rejected)
        raw_pages.save(integration_id, feed, step.page, effect)
        _release_quarantined(context, feed, step.records, effect)
        queue_refetch(integration_id, [(ref.source_issue_id, ref.key) for ref in step.page.hints])
        enrich_issues(effect.issue_ids)
        _reread_history_of_late_issues(context, effect)
        feed_cursor.note_page(step.cursor, step.page, effect, horizon=step.horizon)
        if step.page.next_token is None:
            feed_cursor.end_pass(step.cursor, context.provider)
        step.cursor.save()
        calls = context.take_calls()
        _log(context, calls)
        counts = effect.counts | _of_calls(calls) | _of_page(step, effect, len(rejected))
        run_lease.update_run(context.run, attempts=0, **run_lease.added(counts))
    return effect


def _log(context: SyncContext, calls: Sequence[CallRecord]) -> None:
    log_calls(calls, integration_id=context.target.integration_id, provider=context.target.provider)


def _of_calls(calls: Sequence[CallRecord]) -> dict[str, int]:
    return {
        "requests": len(calls),
        "not_modified": sum(call.status_code == 304 for call in calls),
    }


def _of_page(step: PageWrite, effect: StoreResult, quarantined: int) -> dict[str, int]:
    return {
        "pages": 1,
        "records_seen": len(step.records),
        "skipped": step.page.skipped,
        "repaired": step.repaired,
        "orphaned": effect.orphaned,
        "quarantined": quarantined,
    }


def _relax_durability() -> None:
    """Skip the wait for the disk.

    A database crash loses the last pages together with their checkpoint, and they are read again.
    The end of a run does wait.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")


def _release_quarantined(
    context: SyncContext, feed: str, records: Sequence[FeedRecord], effect: StoreResult
) -> None:
    in_quarantine = context.in_quarantine(feed)
    if in_quarantine:
        refused = {record.source_id for record in effect.rejected}
        seen = {store_results.source_id(record) for record in records}
        release_records(context.target.integration_id, feed, (in_quarantine & seen) - refused)


def _reread_history_of_late_issues(context: SyncContext, effect: StoreResult) -> None:
    opened, read_through = effect.first_opened_at, context.history_read_through
    if opened and read_through and opened < read_through - context.provider.overlap:
        feed_cursor.read_history_again(
            context.target.integration_id, opened, context.provider.overlap
        )
