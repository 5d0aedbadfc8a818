"""Rate limit per client, counted in the memory of each process.

Generic cell rate algorithm: one number per client, the time until which its requests are paid.
A burst of one minute's limit is allowed; afterwards the budget refills evenly.
"""

import math
import threading
import time

from django.conf import settings

from diip.common.errors import TooManyRequests

SPAN = 60.0
MAX_CLIENTS = 50_000
"""Above it, clients without debt are dropped; if there are none, all."""

_lock = threading.Lock()
_paid_until: dict[tuple[str, str], float] = {}


def spend(kind: str, who: str, *, per_minute: int) -> float:
    """Count one request and return 0, or return the seconds to wait."""
    now = time.monotonic()
    with _lock:
        paid = max(_paid_until.get((kind, who), now), now) + SPAN / per_minute
        if paid - now > SPAN + 1e-6:
            return paid - now - SPAN
        if len(_paid_until) >= MAX_CLIENTS:
            _make_room(now)
        _paid_until[kind, who] = paid
    return 0.0


def spend_request(who: str) -> None:
    """Count one request of an account or an address. Raises TooManyRequests."""
    limit = settings.DIIP_REQUESTS_PER_MINUTE
    wait = spend("request", who, per_minute=limit) if limit else 0.0
    if wait:
        seconds = math.ceil(wait)
        message = f"More than {limit} requests per minute. Wait {seconds} s, then send fewer."
        raise TooManyRequests(message, retry_after=seconds)


def forget_all() -> None:
    """Reset all counts."""
    with _lock:
        _paid_until.clear()


def _make_room(now: float) -> None:
    for key in [key for key, paid in _paid_until.items() if paid <= now]:
        del _paid_until[key]
    if len(_paid_until) >= MAX_CLIENTS:
        _paid_until.clear()
