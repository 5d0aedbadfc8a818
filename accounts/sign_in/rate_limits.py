"""Attempt limits, counted in the database so that losing Redis does not reset them.

An attempt is reserved before its outcome is known, by one conditional UPDATE, so concurrent
requests cannot exceed the limit. The count restarts after a pause of one window, which bounds the
attempts in any window. Refused attempts do not extend the pause.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from django.conf import settings
from django.db.models import Case, F, Q, When
from django.utils import timezone

from accounts.models import AttemptCounter
from diip.common.errors import TooManyRequests

IN_TRAIL = "refusal_in_trail"
REFUSALS_IN_TRAIL = 3
"""Audit records of refused sign-ins per account and window."""


@dataclass(frozen=True)
class Limit:
    kind: str
    tries: int
    window: timedelta


def _limit(kind: str) -> Limit:
    configured: Mapping[str, tuple[int, timedelta]] = {
        IN_TRAIL: (REFUSALS_IN_TRAIL, timedelta(minutes=15)),
        **settings.DIIP_ATTEMPT_LIMITS,
    }
    return Limit(kind, *configured[kind])


def reserve(kind: str, who: str) -> None:
    """Count one attempt by `who`; raise TooManyRequests above the limit."""
    limit, key, now = _limit(kind), _key(kind, who), timezone.now()
    rested = Q(last_at__lte=now - limit.window)
    AttemptCounter.objects.bulk_create(
        [AttemptCounter(key=key, last_at=now)], ignore_conflicts=True
    )
    counted = AttemptCounter.objects.filter(rested | Q(tries__lt=limit.tries), key=key).update(
        tries=Case(When(rested, then=1), default=F("tries") + 1), last_at=now
    )
    if not counted:
        _refuse(key, limit, now)


def forget(kind: str, who: str) -> None:
    """Reset the count after a success."""
    AttemptCounter.objects.filter(key=_key(kind, who)).update(tries=0)


def give_back(kind: str, who: str) -> None:
    """Subtract one successful attempt; others who share the address still count."""
    counter = AttemptCounter.objects.filter(key=_key(kind, who), tries__gt=0)
    counter.update(tries=F("tries") - 1)


def prune() -> int:
    """Delete counters whose pause is over; return how many."""
    longest = max(window for _, window in settings.DIIP_ATTEMPT_LIMITS.values())
    deleted, _ = AttemptCounter.objects.filter(last_at__lt=timezone.now() - longest).delete()
    return deleted


def _key(kind: str, who: str) -> str:
    return hmac.digest(settings.SECRET_KEY.encode(), f"{kind}:{who}".encode(), "sha256").hex()


def _refuse(key: str, limit: Limit, now: datetime) -> NoReturn:
    last_at = AttemptCounter.objects.filter(key=key).values_list("last_at", flat=True).first()
    left = (last_at or now) + limit.window - now
    seconds = max(1, round(left.total_seconds()))
    minutes = -(-seconds // 60)
    raise TooManyRequests(f"Too many attempts. Try again in {minutes} min.", retry_after=seconds)
