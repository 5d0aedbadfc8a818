"""Argon2id at OWASP's smallest cost, and never more than two hashes at once in a process.

Django's own default takes 100 MiB a hash: a few wrong sign-ins at once end the container.
"""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from django.contrib.auth.hashers import Argon2PasswordHasher

from diip.common.errors import Unavailable

HASHES_AT_ONCE = 2
WAIT_SECONDS = 5.0
"""A hash takes some 20 ms: whoever waits longer is one of hundreds."""
RETRY_SECONDS = 5


class BoundedArgon2Hasher(Argon2PasswordHasher):
    """https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id

    The algorithm's name is Django's: older hashes are checked as they are and renewed at sign-in.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with _turn():
            return _threads.submit(super().encode, password, salt).result()

    def verify(self, password: str, encoded: str) -> bool:
        memory: int = self.decode(encoded)["memory_cost"]
        with _turn(is_large=memory > self.memory_cost):
            return _threads.submit(super().verify, password, encoded).result()


def _start_threads() -> None:
    """Their own: the C library keeps 19 MiB for each thread that ever hashed."""
    global _threads  # noqa: PLW0603 - a fork has none of its parent's threads
    _threads = ThreadPoolExecutor(HASHES_AT_ONCE, "hash")


_threads: ThreadPoolExecutor
_start_threads()
os.register_at_fork(after_in_child=_start_threads)
_turns = threading.BoundedSemaphore(HASHES_AT_ONCE)
_large = threading.Lock()
"""One at a time of those with Django's 100 MiB."""


@contextmanager
def _turn(*, is_large: bool = False) -> Iterator[None]:
    with ExitStack() as held:
        for each in (_large, _turns) if is_large else (_turns,):
            if not each.acquire(timeout=WAIT_SECONDS):
                raise _busy()
            held.callback(each.release)
        yield


def _busy() -> Unavailable:
    refusal = Unavailable("Too many people sign in at this moment. Try again in a few seconds.")
    refusal.retry_after = RETRY_SECONDS
    return refusal
