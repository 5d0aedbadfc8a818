"""Alert candidates of integrations: failures, stopped reading, expiring tokens.

Failures and staleness of an integration share one thread; the expiry of a token has its own, so
that an outage in between does not repeat the expiry alert.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from django.conf import settings
from django.db.models import Q

from analytics.alerts.candidate import MAX_TITLE, AlertCandidate
from analytics.models import Alert
from integrations.credentials.shared_tokens import quota_tells_token
from integrations.lifecycle.failure_policy import EXPIRY_STEPS, REFUSED, expiry_notice, expiry_step
from integrations.lifecycle.health import FIXES
from integrations.lifecycle.staleness import due_again_by, fetch_open_runs, freshness_of
from integrations.models import Integration
from integrations.providers.registry import PROVIDERS

Level = Alert.Level
Status = Integration.Status

URGENT_DAYS = 7
"""Days before expiry at which the level becomes alert instead of notice."""


def read_integration_candidates(in_projects: Q, now: datetime) -> Iterator[AlertCandidate]:
    """Yield the candidates; one query while every integration is healthy."""
    unhealthy = ~Q(status=Status.HEALTHY) & ~Q(status_reason="paused")
    failing = Q(status=Status.HEALTHY) & ~Q(status_reason__in=["", "token_expires_soon"])
    late = Q(status=Status.HEALTHY, next_sync_at__lt=now - _stale_threshold())
    expiring = Q(token_expires_at__lte=now + timedelta(days=EXPIRY_STEPS[-1]))
    rows = Integration.objects.filter(in_projects, removed_at=None)
    found = list(rows.filter(unhealthy | failing | late | expiring).order_by("pk"))
    fetch_open_runs([row for row in found if _has_stopped(row, now)], now)
    yield from _problems(found, now)
    yield from _expiring_tokens([row for row in found if row.token_expires_at], now)


def _stale_threshold() -> timedelta:
    """Return how long a problem must last: short outages recover without help."""
    return timedelta(minutes=settings.DIIP_ALERT_DEGRADED_MINUTES)


# --- problems -----------------------------------------------------------------------------------


def _problems(rows: Sequence[Integration], now: datetime) -> Iterator[AlertCandidate]:
    reported: set[tuple[int, datetime]] = set()
    for row in rows:
        candidate = _stale(row, now) or _problem(row, now)
        if candidate is None:
            continue
        if row.status_reason in REFUSED and row.token_refused_at:
            # Integrations that share a token are refused at the same moment.
            token = (row.project_id, row.token_refused_at)
            if token in reported:
                candidate = _without_opening(candidate)
            reported.add(token)
        yield candidate


def _problem(row: Integration, now: datetime) -> AlertCandidate | None:
    """Return the candidate; None if healthy or paused by a user."""
    if row.status_reason in ("", "token_expires_soon", "paused"):
        return None
    return _candidate(row, row.status_reason, row.status_message, opens=_is_problem(row, now))


def _is_problem(row: Integration, now: datetime) -> bool:
    """Exclude throttling, and degradation shorter than the stale threshold."""
    if row.status == Status.DEGRADED:
        return now - row.status_since >= _stale_threshold()
    return row.status in (Status.NEEDS_ATTENTION, Status.DISABLED)


def _stale(row: Integration, now: datetime) -> AlertCandidate | None:
    """Return a candidate if reading stopped without an error."""
    if not _has_stopped(row, now):
        return None
    freshness = freshness_of(row, now)
    return _candidate(row, "stale", freshness.message, opens=True) if freshness.stale else None


def _has_stopped(row: Integration, now: datetime) -> bool:
    reports_no_error = row.status in (Status.HEALTHY, Status.THROTTLED)
    return reports_no_error and now - due_again_by(row) >= _stale_threshold()


def _candidate(row: Integration, reason: str, message: str, *, opens: bool) -> AlertCandidate:
    return AlertCandidate(
        project_id=row.project_id,
        topic=Alert.Topic.INTEGRATION,
        key=f"integration:{row.pk}",
        title=f"Problem with {_name(row)}"[:MAX_TITLE],
        body=f"{message} {FIXES.get(reason, '')}".strip(),
        reason=reason,
        opens=opens,
        details=_details(row) | {"status_reason": reason},
    )


def _without_opening(candidate: AlertCandidate) -> AlertCandidate:
    """Open no alert: another integration already reports the same token."""
    return replace(candidate, opens=False)


# --- expiring tokens ----------------------------------------------------------------------------


def _expiring_tokens(rows: Sequence[Integration], now: datetime) -> Iterator[AlertCandidate]:
    """Yield one candidate per token; an expired token opens none, its refusal does."""
    ordered = sorted(rows, key=lambda row: (*_token(row), row.pk))
    for (project_id, token), group in groupby(ordered, key=_token):
        sharing = list(group)
        ends = min(row.token_expires_at for row in sharing if row.token_expires_at)
        days = expiry_step(ends, now)
        message = expiry_notice(ends, now)[1]
        yield AlertCandidate(
            project_id=project_id,
            topic=Alert.Topic.INTEGRATION,
            key=f"token:{token}",
            title=f"The token of {_name(sharing[0])} expires"[:MAX_TITLE],
            body=f"{message}{_also_used_by(sharing[1:])} {FIXES['token_expires_soon']}",
            level=Level.ALERT if days and days <= URGENT_DAYS else Level.NOTICE,
            reason=f"token_expires_in_{days}d" if days else "token_expired",
            opens=days is not None and not all(row.paused for row in sharing),
            details=_details(sharing[0]) | {"token_expires_at": ends.isoformat()},
        )


def _token(row: Integration) -> tuple[int, str]:
    """Return one key for all integrations of a project with the same token."""
    return row.project_id, row.quota_key if quota_tells_token(row) else f"of-{row.pk}"


def _also_used_by(others: Sequence[Integration]) -> str:
    return f" Also used by {', '.join(map(_name, others))}." if others else ""


# --- both ---------------------------------------------------------------------------------------


def _name(row: Integration) -> str:
    kind = PROVIDERS.get(row.provider)
    return f"{kind.title if kind else row.provider} {row.scope}"


def _details(row: Integration) -> dict[str, object]:
    return {
        "integration_id": row.pk,
        "provider": row.provider,
        "scope": row.scope,
        "status": row.status,
        "status_reason": row.status_reason,
        "status_since": row.status_since.isoformat(),
    }
