"""What there is to tell of integrations: trouble, reading that stopped, tokens that end.

One thread an integration for trouble and staleness, one a token for its end: an outage in between
does not tell the end of a token again.
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
"""From then on the end of a token is more than a notice."""


def read_troubles(here: Q, now: datetime) -> Iterator[AlertCandidate]:
    """Costs one query while all is well."""
    in_trouble = ~Q(status=Status.HEALTHY) & ~Q(status_reason="paused")
    failing = Q(status=Status.HEALTHY) & ~Q(status_reason__in=["", "token_expires_soon"])
    late = Q(status=Status.HEALTHY, next_sync_at__lt=now - _stale_for())
    ends = Q(token_expires_at__lte=now + timedelta(days=EXPIRY_STEPS[-1]))
    rows = Integration.objects.filter(here, removed_at=None)
    found = list(rows.filter(in_trouble | failing | late | ends).order_by("pk"))
    fetch_open_runs([row for row in found if _has_stopped(row, now)], now)
    yield from _troubles(found, now)
    yield from _ending_tokens([row for row in found if row.token_expires_at], now)


def _stale_for() -> timedelta:
    """A short outage mends itself: people are told of what lasts."""
    return timedelta(minutes=settings.DIIP_ALERT_DEGRADED_MINUTES)


# --- trouble ------------------------------------------------------------------------------------


def _troubles(rows: Sequence[Integration], now: datetime) -> Iterator[AlertCandidate]:
    told: set[tuple[int, datetime]] = set()
    for row in rows:
        subject = _stale(row, now) or _trouble(row, now)
        if subject is None:
            continue
        if row.status_reason in REFUSED and row.token_refused_at:
            # One moment, one token: all that show it are stopped in one go.
            token = (row.project_id, row.token_refused_at)
            if token in told:
                subject = _quiet(subject)
            told.add(token)
        yield subject


def _trouble(row: Integration, now: datetime) -> AlertCandidate | None:
    """A pause is somebody's wish, and no trouble."""
    if row.status_reason in ("", "token_expires_soon", "paused"):
        return None
    return _subject(row, row.status_reason, row.status_message, opens=_is_trouble(row, now))


def _is_trouble(row: Integration, now: datetime) -> bool:
    """Being told to wait is none; what a tracker's short outage degrades mends itself."""
    if row.status == Status.DEGRADED:
        return now - row.status_since >= _stale_for()
    return row.status in (Status.NEEDS_ATTENTION, Status.DISABLED)


def _stale(row: Integration, now: datetime) -> AlertCandidate | None:
    """Nobody said that it fails, and yet nothing was read for long."""
    if not _has_stopped(row, now):
        return None
    freshness = freshness_of(row, now)
    return _subject(row, "stale", freshness.message, opens=True) if freshness.stale else None


def _has_stopped(row: Integration, now: datetime) -> bool:
    said_nothing = row.status in (Status.HEALTHY, Status.THROTTLED)
    return said_nothing and now - due_again_by(row) >= _stale_for()


def _subject(row: Integration, reason: str, message: str, *, opens: bool) -> AlertCandidate:
    return AlertCandidate(
        project_id=row.project_id,
        topic=Alert.Topic.INTEGRATION,
        key=f"integration:{row.pk}",
        title=f"Trouble with {_name(row)}"[:MAX_TITLE],
        body=f"{message} {FIXES.get(reason, '')}".strip(),
        reason=reason,
        opens=opens,
        details=_details(row) | {"status_reason": reason},
    )


def _quiet(subject: AlertCandidate) -> AlertCandidate:
    """The same token is told of already, with another integration."""
    return replace(subject, opens=False)


# --- tokens that end ----------------------------------------------------------------------------


def _ending_tokens(rows: Sequence[Integration], now: datetime) -> Iterator[AlertCandidate]:
    """A token that ended is no news of this thread: its refusal is."""
    ordered = sorted(rows, key=lambda row: (*_token(row), row.pk))
    for (project_id, token), group in groupby(ordered, key=_token):
        those = list(group)
        ends = min(row.token_expires_at for row in those if row.token_expires_at)
        days = expiry_step(ends, now)
        message = expiry_notice(ends, now)[1]
        yield AlertCandidate(
            project_id=project_id,
            topic=Alert.Topic.INTEGRATION,
            key=f"token:{token}",
            title=f"The token of {_name(those[0])} ends"[:MAX_TITLE],
            body=f"{message}{_also(those[1:])} {FIXES['token_expires_soon']}",
            level=Level.ALERT if days and days <= URGENT_DAYS else Level.NOTICE,
            reason=f"token_expires_in_{days}d" if days else "token_expired",
            opens=days is not None and not all(row.paused for row in those),
            details=_details(those[0]) | {"token_expires_at": ends.isoformat()},
        )


def _token(row: Integration) -> tuple[int, str]:
    """One for all integrations of a project that show the same token."""
    return row.project_id, row.quota_key if quota_tells_token(row) else f"of-{row.pk}"


def _also(others: Sequence[Integration]) -> str:
    return f" It serves {', '.join(map(_name, others))}, too." if others else ""


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
