"""Health of integrations, syncs, tracker calls, quarantine and encryption keys."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from integrations.lifecycle import key_rotation
from integrations.lifecycle.health import FIXES
from integrations.models import ApiLog, Integration, QuarantinedRecord, SyncRun
from monitoring.health.components import Component, State
from monitoring.health.servers import bounded_queries
from monitoring.health.wording import counted, span

WORST = 5
MOST_READ = 10_000
"""Maximum number of integrations whose lag is read, oldest success first."""
NEWEST_RUNS = 2_000
RECENT = timedelta(minutes=5)
EXPIRY_NOTICE = timedelta(days=14)
LATE_SECONDS = 900
"""Seconds after its due time at which a sync is late."""
UNCLAIMED_SECONDS = 120
QUARANTINE_ALLOWED = 100

Status = Integration.Status
SEVERITY: Sequence[str] = (Status.NEEDS_ATTENTION, Status.DEGRADED, Status.THROTTLED)
"""Statuses with a problem, worst first; excludes integrations paused by a user."""


def _present() -> QuerySet[Integration]:
    return Integration.objects.filter(removed_at=None, project__removed_at=None)


# --- integrations -------------------------------------------------------------------------------


def integrations() -> Component:
    with bounded_queries():
        grouped = _present().values_list("provider", "status").annotate(count=Count("pk"))
        counts = {(provider, status): count for provider, status, count in grouped.order_by()}
        worst = _worst_few()
        soon = timezone.now() + EXPIRY_NOTICE
        expiring = _present().filter(token_expires_at__lt=soon).exclude(status=Status.DISABLED)
        expiring_count = expiring.count()
    by_status: Counter[str] = Counter()
    for (_, status), count in counts.items():
        by_status[status] += count
    details = {
        "by_status": {status: by_status[status] for status in Status.values},
        "by_provider": [
            {"provider": provider, "status": status, "count": count}
            for (provider, status), count in sorted(counts.items())
        ],
        "tokens_expiring": expiring_count,
        "worst": [_row(integration) for integration in worst],
    }
    return _judge_integrations(by_status, expiring_count, worst, details)


def _worst_few() -> list[Integration]:
    worst: list[Integration] = []
    for status in SEVERITY:
        rows = _present().filter(status=status).order_by("status_since", "pk")
        worst += rows[: WORST - len(worst)]
    return worst


def _row(integration: Integration) -> dict[str, object]:
    return {
        "id": integration.pk,
        "project_id": integration.project_id,
        "provider": integration.provider,
        "scope": integration.scope,
        "status": integration.status,
        "reason": integration.status_reason,
        "message": integration.status_message,
        "fix": FIXES.get(integration.status_reason, ""),
        "since": integration.status_since,
    }


def _judge_integrations(
    counts: Counter[str], expiring: int, worst: list[Integration], details: dict[str, object]
) -> Component:
    waiting, degraded = counts[Status.NEEDS_ATTENTION], counts[Status.DEGRADED]
    if waiting or degraded:
        parts = [
            f"{counted(waiting, 'integration')} waiting for a user" if waiting else "",
            f"{counted(degraded, 'integration')} degraded" if degraded else "",
        ]
        message = ", ".join(filter(None, parts)) + "."
        fix = FIXES.get(worst[0].status_reason, "") or "See `worst` for the fix of each."
        return Component("integrations", State.WARNING, message, fix, details)
    if expiring:
        message = f"{counted(expiring, 'token')} will expire within 14 days."
        fix = FIXES["token_expires_soon"]
        return Component("integrations", State.WARNING, message, fix, details)
    message = f"{counted(sum(counts.values()), 'integration')}, none with problems."
    return Component("integrations", State.OK, message, details=details)


# --- syncs --------------------------------------------------------------------------------------


def syncs() -> Component:
    now = timezone.now()
    with bounded_queries():
        open_runs = SyncRun.objects.filter(state__in=SyncRun.OPEN_STATES)
        states = dict(open_runs.values_list("state").annotate(Count("pk")).order_by())
        unclaimed = open_runs.filter(state__in=SyncRun.UNCLAIMED_STATES, not_before__lte=now)
        oldest = unclaimed.aggregate(oldest=Min("not_before"))["oldest"]
        ended = _ended_lately()
        lags, late = _lags()
    details: dict[str, object] = {
        "open": {state: states.get(state, 0) for state in SyncRun.OPEN_STATES},
        "ended_in_the_last_hour": ended,
        "oldest_unclaimed_seconds": None if oldest is None else _seconds(now - oldest),
        "since_success_seconds": _quantiles(lags),
        "late": len(late),
        "latest_seconds": max(late, default=0.0),
    }
    return _judge_syncs(details, late)


def _ended_lately() -> dict[str, int]:
    """Count runs ended within the hour, among the newest ones to bound the cost."""
    newest = SyncRun.objects.aggregate(newest=Max("pk"))["newest"] or 0
    since = timezone.now() - timedelta(hours=1)
    ended = SyncRun.objects.filter(pk__gt=newest - NEWEST_RUNS, finished_at__gte=since)
    counts = dict(ended.values_list("state").annotate(Count("pk")).order_by())
    return {
        state: counts.get(state, 0) for state in ("succeeded", "incomplete", "failed", "parked")
    }


def _lags() -> tuple[list[float], list[float]]:
    """Return (seconds since each last success, seconds of delay without a running sync).

    Leaves out integrations that are throttled or wait for a user: their status reports that.
    """
    now = timezone.now()
    is_open = Exists(SyncRun.objects.filter(integration=OuterRef("pk"), state="running"))
    syncing = _present().filter(status__in=[Status.HEALTHY, Status.DEGRADED]).annotate(open=is_open)
    rows = syncing.order_by("last_success_at").values_list(
        "last_success_at", "created_at", "sync_interval_seconds", "open"
    )[:MOST_READ]
    lags, late = [], []
    for success, created, interval, has_run in rows:
        lag = _seconds(now - (success or created))
        lags.append(lag)
        if lag - interval > LATE_SECONDS and not has_run:
            late.append(lag - interval)
    return sorted(lags), late


def _judge_syncs(details: dict[str, object], late: list[float]) -> Component:
    waits = details["oldest_unclaimed_seconds"]
    if isinstance(waits, float) and waits > UNCLAIMED_SECONDS:
        message = f"A sync has waited {span(waits)} for a worker."
        fix = "Check the workers; if healthy, add more."
        state = State.FAILING if waits > 5 * UNCLAIMED_SECONDS else State.WARNING
        return Component("syncs", state, message, fix, details)
    if late:
        message = f"{counted(len(late), 'integration')} late, the worst by {span(max(late))}."
        fix = "Check beat and the workers; if healthy, add more workers."
        return Component("syncs", State.WARNING, message, fix, details)
    return Component("syncs", State.OK, "No sync is late.", details=details)


def _quantiles(ordered: list[float]) -> dict[str, float | None]:
    def at(share: float) -> float | None:
        return ordered[round(share * (len(ordered) - 1))] if ordered else None

    return {"p50": at(0.5), "p95": at(0.95), "max": at(1)}


def _seconds(age: timedelta) -> float:
    return round(max(0.0, age.total_seconds()), 1)


# --- calls to trackers, quarantine, keys --------------------------------------------------------


def calls() -> Component:
    with bounded_queries():
        recent = ApiLog.objects.filter(created_at__gte=timezone.now() - RECENT)
        rows = recent.values_list("provider", "status_code").annotate(count=Count("pk")).order_by()
        counts: Counter[tuple[str, str]] = Counter()
        for provider, code, count in rows:
            counts[provider, status_class(code)] += count
    total = sum(counts.values())
    lost = sum(count for (_, kind), count in counts.items() if kind in ("5xx", "none"))
    details = {
        "minutes": int(RECENT.total_seconds() // 60),
        "calls": [
            {"provider": provider, "status_class": kind, "count": count}
            for (provider, kind), count in sorted(counts.items())
        ],
    }
    message = f"{counted(total, 'call')} to trackers in five minutes."
    if total >= 10 and lost > total / 2:
        message = f"{message} {lost} got no answer or a server error."
        fix = "Check the trackers' status pages, and this network's internet access."
        return Component("calls", State.WARNING, message, fix, details)
    return Component("calls", State.OK, message, details=details)


def status_class(code: int | None) -> str:
    return f"{code // 100}xx" if code else "none"


def quarantine() -> Component:
    with bounded_queries():
        day = Q(first_seen_at__gte=timezone.now() - timedelta(days=1))
        found = QuarantinedRecord.objects.aggregate(all=Count("pk"), new=Count("pk", filter=day))
    details = {"records": found["all"], "new_today": found["new"]}
    message = f"{counted(found['all'], 'record')} could not be read."
    if found["all"] > QUARANTINE_ALLOWED or found["new"]:
        message = f"{message} {found['new']:,} of them since yesterday."
        fix = "See their reasons in the admin; after a fix, replay them there."
        return Component("quarantine", State.WARNING, message, fix, details)
    return Component("quarantine", State.OK, message, details=details)


def encryption_keys() -> Component:
    if key_rotation.keys_fit():
        return Component("keys", State.OK, "The encryption keys match the stored tokens.")
    message = "The encryption keys do not match: tokens of integrations cannot be read."
    fix = "Put the previous key back into DIIP_ENCRYPTION_KEYS, after the new one."
    return Component("keys", State.FAILING, message, fix)
