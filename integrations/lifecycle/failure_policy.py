"""What a failure says of an integration: its status, and when to try again. Touches nothing."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.models import Integration

Status = Integration.Status

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=24)
CONFIRM_NOT_FOUND_AFTER = timedelta(hours=4)
FAILURES_THAT_PASS = 2
"""So many in a row mostly end by themselves: the status tells them, nobody else is told."""
EXPIRY_STEPS = (1, 7, 14, 30)
"""So many days before a token ends people are told, each once."""

REFUSED = frozenset({"auth", "token_expired"})
"""Reasons that say: the tracker takes the token no more."""
NEEDS_A_TOKEN = REFUSED | {"key_unknown"}
"""Reasons that only a new token ends: until then no request is made."""
NEEDS_A_PERSON = NEEDS_A_TOKEN | {"access_denied", "config"}


OUT_OF_ORDER = frozenset({"unavailable", "response"})
"""Reasons that mostly end by themselves."""


@dataclass(frozen=True)
class FailureHistory:
    """What was known of an integration when a run failed."""

    status: str
    reason: str
    reason_age: timedelta
    failures: int
    """In a row, this one included."""


@dataclass(frozen=True)
class Verdict:
    status: str
    wait: timedelta | None
    """Until the next try; None waits for a person."""


def judge_failure(kind: str, before: FailureHistory) -> Verdict:
    if kind in NEEDS_A_PERSON:
        return Verdict(Status.NEEDS_ATTENTION, None)
    if kind == "not_found":
        return _judge_not_found(before)
    return Verdict(Status.DEGRADED, backoff(before.failures))


def _judge_not_found(before: FailureHistory) -> Verdict:
    """A scope that is gone may be a passing matter of rights: believed when seen hours apart."""
    seen_hours_ago = before.reason_age >= CONFIRM_NOT_FOUND_AFTER / 2
    confirmed = before.reason == "not_found" and seen_hours_ago
    if confirmed or before.status == Status.NEEDS_ATTENTION:
        return Verdict(Status.NEEDS_ATTENTION, None)
    return Verdict(Status.DEGRADED, CONFIRM_NOT_FOUND_AFTER)


def may_pass(integration: Integration) -> bool:
    """Degraded by one or two failed runs, which the next try mostly mends."""
    fails_lately = integration.failure_count <= FAILURES_THAT_PASS
    is_out_of_order = integration.status_reason in OUT_OF_ORDER
    return integration.status == Status.DEGRADED and fails_lately and is_out_of_order


def backoff(failures: int) -> timedelta:
    """1, 2, 4 … minutes, at most a day."""
    doublings = min(max(failures, 1) - 1, 11)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def with_jitter(wait: timedelta) -> timedelta:
    """Up to a tenth more, so that what failed together does not come back together."""
    return wait * random.uniform(1.0, 1.1)  # noqa: S311


def refusal(message: str, expires_at: datetime | None, now: datetime) -> tuple[str, str]:
    """(reason, message) of a token that the tracker takes no more."""
    if expires_at is None or expires_at > now:
        return "auth", message
    return "token_expired", f"The token expired on {expires_at:%d %B %Y}: connect again."


def expiry_step(expires_at: datetime | None, now: datetime) -> int | None:
    """Within how many days it ends, as one of EXPIRY_STEPS; None: later, or it has ended."""
    if expires_at is None or expires_at <= now:
        return None
    left = expires_at - now
    return next((days for days in EXPIRY_STEPS if left <= timedelta(days=days)), None)


def expiry_notice(expires_at: datetime | None, now: datetime) -> tuple[str, str]:
    """(reason, message) while a token that still works is about to end, or should have."""
    if expires_at is None or expires_at - now > timedelta(days=EXPIRY_STEPS[-1]):
        return "", ""
    verb = "expires" if expires_at > now else "was to expire"
    return "token_expires_soon", f"The token {verb} on {expires_at:%d %B %Y, %H:%M} UTC."
