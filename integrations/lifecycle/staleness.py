"""Is what is stored of a scope as new as its own rhythm promises, and if not: why."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Prefetch, prefetch_related_objects

from integrations.models import FeedCursor, Integration, SyncRun

Status = Integration.Status

MISSED = 3
"""So many intervals in a row may pass without a finished sync: one fails, one is slow."""
SHORTEST_PATIENCE = timedelta(minutes=15)
LATE_START = timedelta(minutes=2)
"""Beat looks every few seconds: what is due for longer, nobody began."""


@dataclass(frozen=True)
class Freshness:
    stale: bool
    reason: str
    """A code: "" or reading, paused, throttled, degraded, needs_attention, no_worker, no_beat,
    failing."""
    message: str
    stale_since: datetime | None
    """When it should have been read again, at the latest."""


FRESH = Freshness(stale=False, reason="", message="", stale_since=None)


def fetch_open_runs(rows: Sequence[Integration], now: datetime) -> None:
    """One query for all that were not read for long; none where all are fresh."""
    rows = [row for row in rows if now > due_again_by(row)]
    open_runs = SyncRun.objects.filter(state__in=SyncRun.OPEN_STATES)
    prefetch_related_objects(rows, Prefetch("runs", open_runs, to_attr="fetched_open_runs"))


def fetch_comparisons(rows: Sequence[Integration]) -> None:
    """One query for all of them."""
    censuses = FeedCursor.objects.filter(integration__in=rows, feed="census")
    found = dict(censuses.values_list("integration", "horizon"))
    for row in rows:
        row.fetched_compared_at = found.get(row.pk)  # type: ignore[attr-defined]


def compared_at(integration: Integration) -> datetime | None:
    """When the last finished census began: all that the tracker listed then was compared with what
    is stored, also what changes without a date. Without a query after `fetch_comparisons`."""
    if not hasattr(integration, "fetched_compared_at"):
        fetch_comparisons([integration])
    found: datetime | None = integration.fetched_compared_at  # type: ignore[attr-defined]
    return found


def freshness_of(integration: Integration, now: datetime) -> Freshness:
    """Without a query after `fetch_open_runs`, and for what is fresh."""
    if now <= due_again_by(integration):
        return FRESH
    found: list[SyncRun] | None = getattr(integration, "fetched_open_runs", None)
    if found is None:
        found = list(integration.runs.filter(state__in=SyncRun.OPEN_STATES))
    return assess(integration, found, now)


def patience(integration: Integration) -> timedelta:
    return max(MISSED * integration.sync_interval, SHORTEST_PATIENCE)


def due_again_by(integration: Integration) -> datetime:
    """When it should have been read again, at the latest."""
    last = integration.last_success_at or integration.created_at
    return last + patience(integration)


def assess(integration: Integration, open_runs: Collection[SyncRun], now: datetime) -> Freshness:
    """`open_runs`: one or none."""
    if now <= due_again_by(integration):
        return FRESH
    reason, message = _why(integration, next(iter(open_runs), None), now)
    stale = reason != "reading"
    return Freshness(stale, reason, message, due_again_by(integration) if stale else None)


def _why(integration: Integration, run: SyncRun | None, now: datetime) -> tuple[str, str]:
    if integration.status == Status.THROTTLED:
        return "throttled", f"Nothing new for long: {integration.status_message}"
    if integration.status != Status.HEALTHY and integration.status_reason != "incomplete":
        reason = "paused" if integration.paused else integration.status
        return reason, f"Nothing new is read: {integration.status_message}"
    if run:
        return _why_open(run, now)
    due = integration.next_sync_at
    if due and due < now - LATE_START:
        return "no_beat", (
            f"A sync has been due since {_at(due)}, and nothing began it: see whether beat and "
            "workers run (/api/admin/health/)."
        )
    return "failing", f"The last syncs did not finish. {integration.status_message}".strip()


def _why_open(run: SyncRun, now: datetime) -> tuple[str, str]:
    if run.not_before > now:
        return "throttled", f"The sync under way was told to wait until {_at(run.not_before)}."
    if run.lease_until and run.lease_until > now:
        return "reading", "A long sync is under way."
    waits_since = _at(max(run.not_before, run.created_at))
    return "no_worker", (
        f"A sync has waited for a worker since {waits_since}: see queues and workers "
        "(/api/admin/health/)."
    )


def _at(moment: datetime) -> str:
    return f"{moment:%d %B %Y, %H:%M} UTC"
