"""Passes over one feed: cursor rules per page and per pass.

Issues and comments are read "updated since", ordered by created ascending; the mark then moves to
the start of the pass on the upstream clock, less an overlap. Ordered by updated, an issue edited
during a pass moves to the end, later rows shift, and one issue is lost permanently. Feeds without
`since` (GitHub's events) are read newest first, down to the newest id of the last pass.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Literal, assert_never

from django.db.models import F, Max, Q
from django.utils import timezone

from integrations.models import FeedCursor
from integrations.providers.contract.base import (
    Cursor,
    Feed,
    FeedRecord,
    Page,
    Provider,
    ProviderConfigError,
    ProviderNotFound,
    ProviderResponseError,
)
from issues.sync.store_results import StoreResult

FeedPage = Page[FeedRecord]

PASS_FIELDS = (
    "page_token", "pass_started_at", "pass_pages", "pass_changed", "pass_etag", "pass_mark",
    "missed",
)  # fmt: skip
CLOCK_MARGIN = timedelta(minutes=5)
"""Safety margin for the start of a pass if the upstream sends no time."""


def open_cursor(integration_id: int, feed: Feed | Literal["census", "remap"]) -> FeedCursor:
    cursor, _ = FeedCursor.objects.get_or_create(integration_id=integration_id, feed=feed)
    return cursor


def fetch(
    provider: Provider, cursor: FeedCursor, horizon: datetime | None, page_token: str
) -> Iterator[FeedPage]:
    """Resume the current pass at `page_token`, or start a new one."""
    began = cursor.pass_started_at if cursor.page_token else horizon
    start = Cursor(
        since=cursor.synced_through,
        etag="" if page_token else cursor.etag,
        page_token=page_token,
        mark=cursor.mark,
        horizon=began - provider.overlap if began else None,
    )
    feed: Feed = cursor.feed  # type: ignore[assignment]  # a text column
    match feed:
        case "issues":
            return provider.fetch_issues(start)
        case "comments":
            return provider.fetch_comments(start)
        case "transitions":
            return provider.fetch_transitions(start)
        case _:
            assert_never(feed)


@contextmanager
def reset_stale_token(cursor: FeedCursor) -> Iterator[None]:
    """Restart the pass in the next run if the tracker rejects the resumed token.

    Tokens expire, and lists shrink; without a restart the run would fail permanently.
    """
    resumed_at = cursor.page_token
    try:
        yield
    except (ProviderNotFound, ProviderConfigError, ProviderResponseError):
        if resumed_at and cursor.page_token == resumed_at:
            cursor.page_token = ""
            cursor.save(update_fields=["page_token"])
        raise


def note_page(
    cursor: FeedCursor, page: FeedPage, effect: StoreResult, *, horizon: datetime | None
) -> None:
    """Update the cursor with a stored page; the caller saves both together.

    Records of issues not stored yet must be reread, so their pass keeps no ETag.
    """
    if not cursor.page_token:
        cursor.pass_started_at = horizon or upstream_now(page)
        cursor.pass_pages, cursor.pass_changed = 0, False
        cursor.pass_etag, cursor.pass_mark = page.etag, ""
        if not (cursor.mark or cursor.synced_through):
            cursor.missed = ""  # the whole feed is reread
    cursor.pass_pages += 1
    if effect.changed:
        cursor.changed_at = timezone.now()
    cursor.pass_changed |= effect.changed
    cursor.pass_etag = "" if effect.orphaned or page.notes else cursor.pass_etag
    cursor.missed = cursor.missed or " ".join(page.notes)
    cursor.pass_mark = cursor.pass_mark or page.mark
    cursor.page_token = page.next_token or ""


def upstream_now(page: Page[Any]) -> datetime:
    """Return the earlier of the two clocks, so that no change is missed."""
    now = timezone.now()
    return min(page.upstream_time, now) if page.upstream_time else now - CLOCK_MARGIN


def end_pass(cursor: FeedCursor, provider: Provider) -> None:
    """Move the mark; the caller saves it together with the last page.

    A single-page pass without changes keeps `synced_through` and the ETag: the next request is
    identical and returns 304. Without ETags the mark always moves, or the latest changes would be
    reread on every sync.
    """
    cursor.etag = cursor.pass_etag
    if cursor.feed in provider.marked_feeds:
        cursor.mark = cursor.pass_mark or cursor.mark
    elif cursor.pass_changed or cursor.pass_pages > 1 or not provider.has_etags:
        began = cursor.pass_started_at
        cursor.synced_through = began - provider.overlap if began else None
        cursor.etag = ""
    cursor.horizon = cursor.pass_started_at
    cursor.asked_at = timezone.now()
    cursor.note = ""


def needs_second_pass(cursor: FeedCursor, provider: Provider) -> bool:
    """Return True if a short second pass should follow.

    That is: the pass changed rows and moved the mark, and either it had several pages, so more may
    have changed meanwhile, or the next response can be cached by its ETag.
    """
    has_since = cursor.feed not in provider.marked_feeds
    return cursor.pass_changed and has_since and (provider.has_etags or cursor.pass_pages > 1)


def note_unchanged(cursor: FeedCursor, page: FeedPage) -> None:
    """Record that the upstream reported no change since the last identical request."""
    cursor.horizon = upstream_now(page)
    cursor.asked_at = timezone.now()
    cursor.save(update_fields=["horizon", "asked_at"])


def note_compared(integration_id: int) -> None:
    """Record the end of a census: all listed issues were compared."""
    FeedCursor.objects.filter(integration_id=integration_id, feed="census").update(
        horizon=F("pass_started_at"), asked_at=timezone.now()
    )


def note_changed(integration_id: int) -> None:
    """Record a change outside a pass; the next sync reads the history."""
    FeedCursor.objects.filter(integration_id=integration_id, feed="issues").update(
        changed_at=timezone.now()
    )


def history_read_through(integration_id: int) -> datetime | None:
    """Return how far earlier runs read the history feeds."""
    history = ["comments", "transitions"]
    cursors = FeedCursor.objects.filter(integration_id=integration_id, feed__in=history)
    latest: datetime | None = cursors.aggregate(latest=Max("horizon"))["latest"]
    return latest


def read_all_again(integration_id: int) -> None:
    """Make the next sync read every feed from the beginning."""
    read = FeedCursor.objects.filter(
        integration_id=integration_id, feed__in=["issues", "comments", "transitions"]
    )
    read.update(synced_through=None, etag="", mark="", page_token="", asked_at=None)


def read_missed_again(integration_id: int) -> None:
    """Make the next sync reread history feeds that skipped records.

    The census itself covers skipped issues.
    """
    cursors = FeedCursor.objects.filter(integration_id=integration_id).exclude(missed="")
    cursors.filter(feed__in=["comments", "transitions"]).update(
        synced_through=None, etag="", mark="", page_token="", asked_at=None
    )


def read_issues_again(integration_id: int) -> None:
    """Make the next sync due, with the whole issue list."""
    FeedCursor.objects.filter(integration_id=integration_id, feed="issues").update(
        synced_through=None, etag="", page_token="", asked_at=None
    )


def read_history_again(integration_id: int, since: datetime, overlap: timedelta) -> None:
    """Move history marks back to `since`, for an issue that was stored late.

    Transferred, released or newly visible issues have history before the marks.
    """
    cursors = FeedCursor.objects.filter(integration_id=integration_id)
    cursors.filter(feed="comments", synced_through__gt=since).update(
        synced_through=since, etag="", page_token="", asked_at=None
    )
    read_past_it = Q(horizon__gt=since + overlap) | Q(pass_started_at__gt=since + overlap)
    cursors.filter(read_past_it, feed="transitions").update(
        mark="", etag="", page_token="", asked_at=None
    )
