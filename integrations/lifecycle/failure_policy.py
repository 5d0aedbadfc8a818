"""Pure rules from a failure to an integration's status and next try."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.models import Integration

Status = Integration.Status

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=24)
CONFIRM_NOT_FOUND_AFTER = timedelta(hours=4)
FAILURES_THAT_PASS = 2
"""Failures in a row that usually end without action: shown in the status, no alert."""
EXPIRY_STEPS = (1, 7, 14, 30)
"""Days before a token's expiry at which users are notified, once each."""

REFUSED = frozenset({"auth", "token_expired"})
"""Reasons that mean: the tracker no longer accepts the token."""
NEEDS_A_TOKEN = REFUSED | {"key_unknown"}
"""Reasons that only a new token resolves: no request is sent until then."""
NEEDS_A_PERSON = NEEDS_A_TOKEN | {"access_denied", "config"}


OUT_OF_ORDER = frozenset({"unavailable", "response"})
"""Reasons that usually end without action."""


@dataclass(frozen=True)
class FailureHistory:
    """State of an integration when a run failed."""

    status: str
    reason: str
    reason_age: timedelta
    failures: int
    """Failures in a row, including this one."""


@dataclass(frozen=True)
class Verdict:
    status: str
    wait: timedelta | None
    """Delay until the next try; None: a user must act first."""


def judge_failure(kind: str, before: FailureHistory) -> Verdict:
    if kind in NEEDS_A_PERSON:
        return Verdict(Status.NEEDS_ATTENTION, None)
    if kind == "not_found":
        return _judge_not_found(before)
    return Verdict(Status.DEGRADED, backoff(before.failures))


def _judge_not_found(before: FailureHistory) -> Verdict:
    """Confirm a missing scope only after hours: it may be a temporary loss of rights."""
    seen_hours_ago = before.reason_age >= CONFIRM_NOT_FOUND_AFTER / 2
    confirmed = before.reason == "not_found" and seen_hours_ago
    if confirmed or before.status == Status.NEEDS_ATTENTION:
        return Verdict(Status.NEEDS_ATTENTION, None)
    return Verdict(Status.DEGRADED, CONFIRM_NOT_FOUND_AFTER)


def may_pass(integration: Integration) -> bool:
    """Return True if degraded by one or two failures that usually end without action."""
    fails_lately = integration.failure_count <= FAILURES_THAT_PASS
    is_out_of_order = integration.status_reason in OUT_OF_ORDER
    return integration.status == Status.DEGRADED and fails_lately and is_out_of_order


def backoff(failures: int) -> timedelta:
    """Return the wait after so many failures: 1, 2, 4 … minutes, at most a day."""
    doublings = min(max(failures, 1) - 1, 11)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def with_jitter(wait: timedelta) -> timedelta:
    """Add up to 10 %, so that simultaneous failures are not retried simultaneously."""
    return wait * random.uniform(1.0, 1.1)  # noqa: S311


def refusal(message: str, expires_at: datetime | None, now: datetime) -> tuple[str, str]:
    """Return (reason, message) for a token that the tracker no longer accepts."""
    if expires_at is None or expires_at > now:
        return "auth", message
    return "token_expired", f"The token expired on {expires_at:%d %B %Y}: connect again."


def expiry_step(expires_at: datetime | None, now: datetime) -> int | None:
    """Return the smallest of EXPIRY_STEPS not yet passed; None if later or expired."""
    if expires_at is None or expires_at <= now:
        return None
    left = expires_at - now
    return next((days for days in EXPIRY_STEPS if left <= timedelta(days=days)), None)


def expiry_notice(expires_at: datetime | None, now: datetime) -> tuple[str, str]:
    """Return (reason, message) for a working token near or past its expiry date."""
    if expires_at is None or expires_at - now > timedelta(days=EXPIRY_STEPS[-1]):
        return "", ""
    verb = "expires" if expires_at > now else "was to expire"
    return "token_expires_soon", f"The token {verb} on {expires_at:%d %B %Y, %H:%M} UTC."
