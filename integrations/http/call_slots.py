"""Calls to the outside that a person waits for hold a web thread: few may be under way at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from accounts import slots
from accounts.models import User
from diip.common.errors import TooManyRequests

AT_ONCE = 2
"""In this process, of all users; a user has one, in all processes."""
FREE_AFTER_SECONDS = 30.0
"""Longer than any of these calls takes: a killed process leaves its user's slot taken."""
RETRY_SECONDS = 10

_places = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def one_of_few(actor: User) -> Iterator[None]:
    """Make the call inside. Raises TooManyRequests."""
    if not _places.acquire(blocking=False):
        raise _refusal("Other trackers are being asked at this moment.")
    try:
        slot = slots.take([f"call:{actor.pk}"], seconds=FREE_AFTER_SECONDS)
        if slot is None:
            raise _refusal("A call of yours to the outside is still under way.")
        try:
            yield
        finally:
            slots.give_back(slot)
    finally:
        _places.release()


def _refusal(why: str) -> TooManyRequests:
    return TooManyRequests(f"{why} Try again in a few seconds.", retry_after=RETRY_SECONDS)
