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


def prefetch(pages: Iterator[Page[Record]], *, has_time: HasTime) -> Iterator[Page[Record]]:
    """Yield pages in order, until the last one or until `has_time` returns False.

    `has_time` is checked before each request; a page already requested is still yielded.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as thread:
        coming: Future[Page[Record] | None] | None = thread.submit(next, pages, None)
        while coming is not None:
            page = coming.result()
            if page is None:
                return
            more = page.next_token is not None and has_time()
            coming = thread.submit(next, pages, None) if more else None
            yield page


def read_with_retry(
    open_at: Callable[[str], Iterator[Page[Record]]], token: str, *, has_time: HasTime
) -> Iterator[Page[Record]]:
    """Yield pages from `token` on, with prefetch.

    A malformed page is requested once more, in parts if the provider supports it, before the run
    fails.
    """
    is_second = False
    while True:
        try:
            for page in prefetch(open_at(token), has_time=has_time):
                token, is_second = page.next_token or "", False
                yield page
            return
        except ProviderResponseError as error:
            if is_second:
                raise
            token, is_second = error.again_at or token, True


REREAD_HISTORY_AFTER = timedelta(hours=1)
"""Maximum age of history feeds: comment edits may not touch their issue."""
ASK_AGAIN_FOR_MISSING_FEED_AFTER = timedelta(days=1)
NOT_OFFERED = "this server does not offer them, so they are missing here. DIIP checks again daily."


def read_feeds(context: SyncContext, has_time: HasTime) -> bool:
    """Read all feeds; return False if the slice ended first."""
    return _read_all(context, context.provider.feeds, has_time)


def read_if_due(context: SyncContext, has_time: HasTime) -> bool:
    """Run a due sync within this run; return False if the slice ended.

    Due at the beginning of the run, and whenever the sync interval has passed.
    """
    run, names = context.run, context.provider.feeds
    is_begun = any(feed in run.feeds_done for feed in names)
    if not is_begun and not _is_due(context):
        return True
    if not read_feeds(context, has_time):
        return False
    horizon = feed_cursor.open_cursor(context.target.integration_id, "issues").horizon
    as_of = horizon if is_whole(run) else None
    run.feeds_done = [part for part in run.feeds_done if part not in names]
    run_lease.update_run(run, feed=run.kind, feeds_done=run.feeds_done, as_of=as_of, attempts=0)
    now = timezone.now()
    Integration.objects.filter(pk=run.integration_id).update(last_success_at=now)
    mark_synced(project_id=context.target.project_id, at=now)
    return True


def _is_due(context: SyncContext) -> bool:
    run = context.run
    asked_at = feed_cursor.open_cursor(run.integration_id, "issues").asked_at
    if asked_at is None or (run.started_at and asked_at < run.started_at):
        return True
    return timezone.now() - asked_at >= run.integration.sync_interval


def read_history(context: SyncContext, has_time: HasTime) -> bool:
    """Read the history feeds, without the issue feed."""
    history: tuple[Feed, ...] = tuple(f for f in context.provider.feeds if f != "issues")
    return _read_all(context, history, has_time)


def _read_all(context: SyncContext, wanted: tuple[Feed, ...], has_time: HasTime) -> bool:
    run = context.run
    for feed in wanted:
        if feed in run.feeds_done:
            continue
        run_lease.update_run(run, feed=feed)
        if not _read_feed(context, feed, has_time):
            return False
        run.feeds_done = [*run.feeds_done, feed]
        run_lease.update_run(run, feeds_done=run.feeds_done, attempts=0)
    return True


def _read_feed(context: SyncContext, feed: Feed, has_time: HasTime) -> bool:
    cursor = feed_cursor.open_cursor(context.target.integration_id, feed)
    if feed == "issues":
        return _read_passes(context, cursor, None, has_time)
    issues = feed_cursor.open_cursor(context.target.integration_id, "issues")
    if _may_skip(context.run, cursor, issues):
        if cursor.note:
            note_gap(context.run, f"{feed}: {cursor.note}")
        return True
    try:
        # Limited to the issue pass: later history may belong to issues not stored yet.
        return _read_passes(context, cursor, issues.horizon, has_time)
    except (ProviderNotFound, ProviderConfigError):
        # The scope responded but this feed did not: an old or small server.
        cursor.note, cursor.asked_at, cursor.page_token = NOT_OFFERED, timezone.now(), ""
        cursor.save(update_fields=["note", "asked_at", "page_token"])
        note_gap(context.run, f"{feed}: {NOT_OFFERED}")
        return True


def _read_passes(
    context: SyncContext, cursor: FeedCursor, horizon: datetime | None, has_time: HasTime
) -> bool:
    """Read one pass, and a short second one if it changed rows.

    The second pass catches changes made meanwhile; its ETag makes the next sync of an idle scope
    free.
    """
    for _ in range(2):
        read_on = _read_pass(context, cursor, horizon, has_time)
        if read_on is None:
            return False
        if not read_on:
            break
    return True


def _read_pass(
    context: SyncContext, cursor: FeedCursor, horizon: datetime | None, has_time: HasTime
) -> bool | None:
    """Return True if a second pass should follow; None if the slice ended first."""
    with feed_cursor.reset_stale_token(cursor):
        return _read_pages(context, cursor, horizon, has_time)


def _read_pages(
    context: SyncContext, cursor: FeedCursor, horizon: datetime | None, has_time: HasTime
) -> bool | None:
    page: FeedPage | None = None

    def open_at(token: str) -> Iterator[FeedPage]:
        return feed_cursor.fetch(context.provider, cursor, horizon, token)

    for page in read_with_retry(open_at, cursor.page_token, has_time=has_time):
        if page.not_modified:
            feed_cursor.note_unchanged(cursor, page)
            return False
        store_page(context, cursor, page, horizon)
        _take_notes(context, page)
    if page is None or page.next_token:
        return None
    return feed_cursor.needs_second_pass(cursor, context.provider)


def _take_notes(context: SyncContext, page: FeedPage) -> None:
    for note in page.notes:
        note_gap(context.run, note, stored_less=True)
    if page.scope_moved:
        _follow_scope(context)


def _follow_scope(context: SyncContext) -> None:
    """Follow a renamed scope: later runs use its new name."""
    info = context.provider.check()
    Integration.objects.filter(
        pk=context.target.integration_id, scope_id__in=["", info.scope_id]
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
