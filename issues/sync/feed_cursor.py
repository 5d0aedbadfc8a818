"""One pass over one feed: what the cursor means, page by page and at the end.

Issues and comments are read "updated since", ordered by created ascending; the mark then moves to
when the pass began on the upstream's clock, less an overlap. Ordered by updated, an issue edited
while one reads moves to the end, everything behind it shifts, and one issue is lost for good.
Feeds without `since` (GitHub's events) are read newest first down to the newest id of the last
pass.
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
CLOCK_DOUBT = timedelta(minutes=5)
"""How much earlier a pass is taken to have begun where the upstream does not tell its time."""


def open_cursor(integration_id: int, feed: Feed | Literal["census", "renormalise"]) -> FeedCursor:
    cursor, _ = FeedCursor.objects.get_or_create(integration_id=integration_id, feed=feed)
    return cursor


def fetch(
    provider: Provider, cursor: FeedCursor, horizon: datetime | None, page_token: str
) -> Iterator[FeedPage]:
    """Go on with the pass under way at that page, or begin one."""
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
    """Where the tracker no longer takes the token a pass was to go on from (it expired, the list
    shrank), the next run begins that pass anew instead of failing for ever."""
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
    """Take a stored page into the pass; saved by the caller with the page.

    Records of issues that are not here yet must be read again: their pass keeps no ETag.
    """
    if not cursor.page_token:
        cursor.pass_started_at = horizon or upstream_now(page)
        cursor.pass_pages, cursor.pass_changed = 0, False
        cursor.pass_etag, cursor.pass_mark = page.etag, ""
        if not (cursor.mark or cursor.synced_through):
            cursor.missed = ""  # all of it is read anew
    cursor.pass_pages += 1
    if effect.changed:
        cursor.changed_at = timezone.now()
    cursor.pass_changed |= effect.changed
    cursor.pass_etag = "" if effect.orphaned or page.notes else cursor.pass_etag
    cursor.missed = cursor.missed or " ".join(page.notes)
    cursor.pass_mark = cursor.pass_mark or page.mark
    cursor.page_token = page.next_token or ""


def upstream_now(page: Page[Any]) -> datetime:
    """When the page was made: the earlier of the two clocks, so that no change falls between."""
    now = timezone.now()
    return min(page.upstream_time, now) if page.upstream_time else now - CLOCK_DOUBT


def end_pass(cursor: FeedCursor, provider: Provider) -> None:
    """Move the mark; saved by the caller together with the last page.

    A pass of one page that changed nothing leaves `synced_through` as it is and keeps the ETag:
    the next request is the very same and is answered 304. Where no ETags are, the mark moves on,
    or what changed last would be read again for ever.
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
    """Whether a short pass should follow: the one that ended changed rows and moved the mark, and
    either it was long, so that much may have happened meanwhile, or the next answer can be kept by
    its ETag."""
    has_since = cursor.feed not in provider.marked_feeds
    return cursor.pass_changed and has_since and (provider.has_etags or cursor.pass_pages > 1)


def note_unchanged(cursor: FeedCursor, page: FeedPage) -> None:
    """The upstream says that nothing changed since the same request was last asked."""
    cursor.horizon = upstream_now(page)
    cursor.asked_at = timezone.now()
    cursor.save(update_fields=["horizon", "asked_at"])


def note_compared(integration_id: int) -> None:
    """A census ended: all that was listed when it began was compared with what is stored."""
    FeedCursor.objects.filter(integration_id=integration_id, feed="census").update(
        horizon=F("pass_started_at"), asked_at=timezone.now()
    )


def note_changed(integration_id: int) -> None:
    """An issue changed outside of a pass: the feeds of its history are asked by the next sync."""
    FeedCursor.objects.filter(integration_id=integration_id, feed="issues").update(
        changed_at=timezone.now()
    )


def history_read_through(integration_id: int) -> datetime | None:
    """How far the feeds of an issue's history were read in earlier runs."""
    history = ["comments", "transitions"]
    cursors = FeedCursor.objects.filter(integration_id=integration_id, feed__in=history)
    latest: datetime | None = cursors.aggregate(latest=Max("horizon"))["latest"]
    return latest


def read_all_again(integration_id: int) -> None:
    """The next sync reads every feed from its beginning."""
    read = FeedCursor.objects.filter(
        integration_id=integration_id, feed__in=["issues", "comments", "transitions"]
    )
    read.update(synced_through=None, etag="", mark="", page_token="", asked_at=None)


def read_missed_again(integration_id: int) -> None:
    """The next sync reads those feeds of history anew of which a page left something out. That of
    the issues is made up for by the census itself."""
    cursors = FeedCursor.objects.filter(integration_id=integration_id).exclude(missed="")
    cursors.filter(feed__in=["comments", "transitions"]).update(
        synced_through=None, etag="", mark="", page_token="", asked_at=None
    )


def read_issues_again(integration_id: int) -> None:
    """The next sync reads the whole list of issues, and is due."""
    FeedCursor.objects.filter(integration_id=integration_id, feed="issues").update(
        synced_through=None, etag="", page_token="", asked_at=None
    )


def read_history_again(integration_id: int, since: datetime, overlap: timedelta) -> None:
    """An issue came late (transferred in, back from quarantine, made visible): its comments and
    events lie before the marks of their feeds, so the marks go back."""
    cursors = FeedCursor.objects.filter(integration_id=integration_id)
    cursors.filter(feed="comments", synced_through__gt=since).update(
        synced_through=since, etag="", page_token="", asked_at=None
    )
    read_past_it = Q(horizon__gt=since + overlap) | Q(pass_started_at__gt=since + overlap)
    cursors.filter(read_past_it, feed="transitions").update(
        mark="", etag="", page_token="", asked_at=None
    )
