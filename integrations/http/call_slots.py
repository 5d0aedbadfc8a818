"""Limit on interactive calls to trackers, each of which occupies a web thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from accounts import slots
from accounts.models import User
from diip.common.errors import TooManyRequests

AT_ONCE = 2
"""Concurrent calls per process, all users together; one per user over all processes."""
FREE_AFTER_SECONDS = 30.0
"""Expiry of a user's slot after its process was killed; longer than any such call."""
RETRY_SECONDS = 10

_process_slots = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def one_of_few(actor: User) -> Iterator[None]:
    """Hold a slot during the call. Raises TooManyRequests."""
    if not _process_slots.acquire(blocking=False):
        raise _refusal("DIIP is checking other trackers at the moment.")
    try:
        slot = slots.take([f"call:{actor.pk}"], seconds=FREE_AFTER_SECONDS)
        if slot is None:
            raise _refusal("Your previous check is still running.")
        try:
            yield
        finally:
            slots.give_back(slot)
    finally:
        _process_slots.release()


def _refusal(why: str) -> TooManyRequests:
    return TooManyRequests(f"{why} Try again in a few seconds.", retry_after=RETRY_SECONDS)
