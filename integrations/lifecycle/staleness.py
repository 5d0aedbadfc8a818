"""Staleness of a scope's data against its sync interval, with the cause."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Prefetch, prefetch_related_objects

from integrations.models import FeedCursor, Integration, SyncRun

Status = Integration.Status

MISSED = 3
"""Missed intervals before a source is stale: allows one failed and one slow sync."""
SHORTEST_PATIENCE = timedelta(minutes=15)
LATE_START = timedelta(minutes=2)
"""Delay after which a due sync was not started: beat checks every few seconds."""


@dataclass(frozen=True)
class Freshness:
    stale: bool
    reason: str
    """Code: "", reading, paused, throttled, degraded, needs_attention, no_worker, no_beat or
    failing."""
    message: str
    stale_since: datetime | None
    """Latest time at which a sync should have finished; None if not stale."""


FRESH = Freshness(stale=False, reason="", message="", stale_since=None)


def fetch_open_runs(rows: Sequence[Integration], now: datetime) -> None:
    """Prefetch the open runs of overdue rows in one query; none if all are fresh."""
    rows = [row for row in rows if now > due_again_by(row)]
    open_runs = SyncRun.objects.filter(state__in=SyncRun.OPEN_STATES)
    prefetch_related_objects(rows, Prefetch("runs", open_runs, to_attr="fetched_open_runs"))


def fetch_comparisons(rows: Sequence[Integration]) -> None:
    """Prefetch the values of `compared_at` in one query."""
    censuses = FeedCursor.objects.filter(integration__in=rows, feed="census")
    found = dict(censuses.values_list("integration", "horizon"))
    for row in rows:
        row.fetched_compared_at = found.get(row.pk)  # type: ignore[attr-defined]


def compared_at(integration: Integration) -> datetime | None:
    """Return the start of the last finished census; None if there is none.

    It compared everything the tracker listed with the stored rows, including changes without a
    date. No query after `fetch_comparisons`.
    """
    if not hasattr(integration, "fetched_compared_at"):
        fetch_comparisons([integration])
    found: datetime | None = integration.fetched_compared_at  # type: ignore[attr-defined]
    return found


def freshness_of(integration: Integration, now: datetime) -> Freshness:
    """Assess one integration; no query after `fetch_open_runs` or if it is fresh."""
    if now <= due_again_by(integration):
        return FRESH
    found: list[SyncRun] | None = getattr(integration, "fetched_open_runs", None)
    if found is None:
        found = list(integration.runs.filter(state__in=SyncRun.OPEN_STATES))
    return assess(integration, found, now)


def patience(integration: Integration) -> timedelta:
    return max(MISSED * integration.sync_interval, SHORTEST_PATIENCE)


def due_again_by(integration: Integration) -> datetime:
    """Return the latest time at which the next sync should finish."""
    last = integration.last_success_at or integration.created_at
    return last + patience(integration)


def assess(integration: Integration, open_runs: Collection[SyncRun], now: datetime) -> Freshness:
    """Assess freshness at `now`. `open_runs` holds at most one run."""
    if now <= due_again_by(integration):
        return FRESH
    reason, message = _why(integration, next(iter(open_runs), None), now)
    stale = reason != "reading"
    return Freshness(stale, reason, message, due_again_by(integration) if stale else None)


def _why(integration: Integration, run: SyncRun | None, now: datetime) -> tuple[str, str]:
    if integration.status == Status.THROTTLED:
        return "throttled", f"No new data for a long time: {integration.status_message}"
    if integration.status != Status.HEALTHY and integration.status_reason != "incomplete":
        reason = "paused" if integration.paused else integration.status
        return reason, f"No new data is read: {integration.status_message}"
    if run:
        return _why_open(run, now)
    due = integration.next_sync_at
    if due and due < now - LATE_START:
        return "no_beat", (
            f"A sync has been due since {_at(due)} but did not start: check that beat and "
            "workers run (/api/admin/health/)."
        )
    return "failing", f"The last syncs did not finish. {integration.status_message}".strip()


def _why_open(run: SyncRun, now: datetime) -> tuple[str, str]:
    if run.not_before > now:
        return "throttled", f"The running sync must wait until {_at(run.not_before)}."
    if run.lease_until and run.lease_until > now:
        return "reading", "A long sync is running."
    waits_since = _at(max(run.not_before, run.created_at))
    return "no_worker", (
        f"A sync has waited for a worker since {waits_since}: check queues and workers "
        "(/api/admin/health/)."
    )


def _at(moment: datetime) -> str:
    return f"{moment:%d %B %Y, %H:%M} UTC"
