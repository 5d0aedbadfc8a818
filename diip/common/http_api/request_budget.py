"""How much somebody may ask for in a minute: counted in this process, for nobody to wait on.

One number each (the generic cell rate algorithm): the moment until which all that was asked for is
paid. A minute's worth may come at once; afterwards it comes back evenly.
"""

import math
import threading
import time

from django.conf import settings

from diip.common.errors import TooManyRequests

SPAN = 60.0
MOST_KEPT = 50_000
"""Then whoever owes nothing is forgotten, and if there are none, everybody."""

_lock = threading.Lock()
_paid_until: dict[tuple[str, str], float] = {}


def spend(kind: str, who: str, *, per_minute: int) -> float:
    """Count one request, or say in how many seconds it is worth asking again. 0: counted."""
    now = time.monotonic()
    with _lock:
        paid = max(_paid_until.get((kind, who), now), now) + SPAN / per_minute
        if paid - now > SPAN + 1e-6:
            return paid - now - SPAN
        if len(_paid_until) >= MOST_KEPT:
            _make_room(now)
        _paid_until[kind, who] = paid
    return 0.0


def spend_request(who: str) -> None:
    """Count one request of an account or an address. Raises TooManyRequests."""
    limit = settings.DIIP_REQUESTS_PER_MINUTE
    wait = spend("request", who, per_minute=limit) if limit else 0.0
    if wait:
        seconds = math.ceil(wait)
        message = f"More than {limit} requests a minute. Ask again in {seconds} s, and more slowly."
        raise TooManyRequests(message, retry_after=seconds)


def forget_all() -> None:
    """As if the process had just begun."""
    with _lock:
        _paid_until.clear()


def _make_room(now: float) -> None:
    for key in [key for key, paid in _paid_until.items() if paid <= now]:
        del _paid_until[key]
    if len(_paid_until) >= MOST_KEPT:
        _paid_until.clear()
