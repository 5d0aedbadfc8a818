"""Reading of a scope's feeds in sequence, within the time of a slice."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TypeVar

from django.utils import timezone

from integrations.models import FeedCursor, Integration, SyncRun
from integrations.providers.contract.base import (
    Feed,
    Page,
    ProviderConfigError,
    ProviderNotFound,
    ProviderResponseError,
)
from issues.sync import feed_cursor, run_lease
from issues.sync.completeness import is_whole
from issues.sync.feed_cursor import FeedPage
from issues.sync.page_store import SyncContext, note_gap, store_page
from projects.services import mark_synced

Record = TypeVar("Record")
HasTime = Callable[[], bool]
"""Callable that returns True while there is time for another request."""


def read_ahead(pages: Iterator[Page[Record]], *, go_on: HasTime) -> Iterator[Page[Record]]:
    """Yield pages in order, until the last one or until `go_on` returns False.

    `go_on` is checked before each request; a page already requested is still yielded.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as thread:
        coming: Future[Page[Record] | None] | None = thread.submit(next, pages, None)
        while coming is not None:
            page = coming.result()
            if page is None:
                return
            more = page.next_token is not None and go_on()
            coming = thread.submit(next, pages, None) if more else None
            yield page


def read_patiently(
    open_at: Callable[[str], Iterator[Page[Record]]], token: str, *, go_on: HasTime
) -> Iterator[Page[Record]]:
    """Yield pages from `token` on, with prefetch.

    A malformed page is requested once more, in parts if the provider supports it, before the run
    fails.
    """
    is_second = False
    while True:
        try:
            for page in read_ahead(open_at(token), go_on=go_on):
                token, is_second = page.next_token or "", False
                yield page
            return
        except ProviderResponseError as error:
            if is_second:
                raise
            token, is_second = error.again_at or token, True


REREAD_HISTORY_AFTER = timedelta(hours=1)
"""Editing a comment may leave its issue untouched, so the feed is read at least this often."""
ASK_AGAIN_FOR_MISSING_FEED_AFTER = timedelta(days=1)
NOT_OFFERED = "this server does not offer them, so they are missing here. DIIP checks again daily."


def read_feeds(reading: SyncContext, go_on: HasTime) -> bool:
    """Read all feeds; return False if the slice ended first."""
    return _read_all(reading, reading.provider.feeds, go_on)


def read_if_due(reading: SyncContext, go_on: HasTime) -> bool:
    """Run a due sync within a longer run; return False if the slice ended first.

    Due at the beginning of the run, and whenever the sync interval has passed.
    """
    run, names = reading.run, reading.provider.feeds
    is_begun = any(feed in run.feeds_done for feed in names)
    if not is_begun and not _is_due(reading):
        return True
    if not read_feeds(reading, go_on):
        return False
    horizon = feed_cursor.open_cursor(reading.target.integration_id, "issues").horizon
    as_of = horizon if is_whole(run) else None
    run.feeds_done = [part for part in run.feeds_done if part not in names]
    run_lease.update_run(run, feed=run.kind, feeds_done=run.feeds_done, as_of=as_of, attempts=0)
    now = timezone.now()
    Integration.objects.filter(pk=run.integration_id).update(last_success_at=now)
    mark_synced(project_id=reading.target.project_id, at=now)
    return True


def _is_due(reading: SyncContext) -> bool:
    run = reading.run
    asked_at = feed_cursor.open_cursor(run.integration_id, "issues").asked_at
    if asked_at is None or (run.started_at and asked_at < run.started_at):
        return True
    return timezone.now() - asked_at >= run.integration.sync_interval


def read_history(reading: SyncContext, go_on: HasTime) -> bool:
    """Read the history feeds, without the issue feed."""
    history: tuple[Feed, ...] = tuple(f for f in reading.provider.feeds if f != "issues")
    return _read_all(reading, history, go_on)


def _read_all(reading: SyncContext, wanted: tuple[Feed, ...], go_on: HasTime) -> bool:
    run = reading.run
    for feed in wanted:
        if feed in run.feeds_done:
            continue
        run_lease.update_run(run, feed=feed)
        if not _read_feed(reading, feed, go_on):
            return False
        run.feeds_done = [*run.feeds_done, feed]
        run_lease.update_run(run, feeds_done=run.feeds_done, attempts=0)
    return True


def _read_feed(reading: SyncContext, feed: Feed, go_on: HasTime) -> bool:
    cursor = feed_cursor.open_cursor(reading.target.integration_id, feed)
    if feed == "issues":
        return _read_passes(reading, cursor, None, go_on)
    issues = feed_cursor.open_cursor(reading.target.integration_id, "issues")
    if _may_skip(reading.run, cursor, issues):
        if cursor.note:
            note_gap(reading.run, f"{feed}: {cursor.note}")
        return True
    try:
        # Limited to the issue pass: later history may belong to issues not stored yet.
        return _read_passes(reading, cursor, issues.horizon, go_on)
    except (ProviderNotFound, ProviderConfigError):
        # The scope responded but this feed did not: an old or small server.
        cursor.note, cursor.asked_at, cursor.page_token = NOT_OFFERED, timezone.now(), ""
        cursor.save(update_fields=["note", "asked_at", "page_token"])
        note_gap(reading.run, f"{feed}: {NOT_OFFERED}")
        return True


def _read_passes(
    reading: SyncContext, cursor: FeedCursor, horizon: datetime | None, go_on: HasTime
) -> bool:
    """Read one pass, and a short second one if it changed rows.

    The second pass catches changes made meanwhile; its ETag makes the next sync of an idle scope
    free.
    """
    for _ in range(2):
        read_on = _read_pass(reading, cursor, horizon, go_on)
        if read_on is None:
            return False
        if not read_on:
            break
    return True


def _read_pass(
    reading: SyncContext, cursor: FeedCursor, horizon: datetime | None, go_on: HasTime
) -> bool | None:
    """Return True if a second pass should follow; None if the slice ended first."""
    with feed_cursor.reset_stale_token(cursor):
        return _read_pages(reading, cursor, horizon, go_on)


def _read_pages(
    reading: SyncContext, cursor: FeedCursor, horizon: datetime | None, go_on: HasTime
) -> bool | None:
    page: FeedPage | None = None

    def open_at(token: str) -> Iterator[FeedPage]:
        return feed_cursor.fetch(reading.provider, cursor, horizon, token)

    for page in read_patiently(open_at, cursor.page_token, go_on=go_on):
        if page.not_modified:
            feed_cursor.note_unchanged(cursor, page)
            return False
        store_page(reading, cursor, page, horizon)
        _take_notes(reading, page)
    if page is None or page.next_token:
        return None
    return feed_cursor.needs_second_pass(cursor, reading.provider)


def _take_notes(reading: SyncContext, page: FeedPage) -> None:
    for note in page.notes:
        note_gap(reading.run, note, stored_less=True)
    if page.scope_moved:
        _follow_scope(reading)


def _follow_scope(reading: SyncContext) -> None:
    """Follow a renamed scope: later runs use its new name."""
    info = reading.provider.check()
    Integration.objects.filter(
        pk=reading.target.integration_id, scope_id__in=["", info.scope_id]
    ).update(scope=info.scope, scope_id=info.scope_id, web_url=info.web_url)


def _may_skip(run: SyncRun, cursor: FeedCursor, issues: FeedCursor) -> bool:
    if cursor.asked_at is None or cursor.page_token:
        return False
    asked_ago = timezone.now() - cursor.asked_at
    if cursor.note:
        return asked_ago < ASK_AGAIN_FOR_MISSING_FEED_AFTER
    if run.trigger != SyncRun.Trigger.SCHEDULED or asked_ago >= REREAD_HISTORY_AFTER:
        return False
    # Every event updates its issue, and no issue was updated since this feed was read.
    return issues.changed_at is None or issues.changed_at < cursor.asked_at
