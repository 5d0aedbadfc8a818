"""Argon2id at OWASP's minimum cost, with at most two concurrent hashes per process.

Django's default takes 100 MiB per hash: a few concurrent sign-ins would exhaust the container.
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
"""A hash takes about 20 ms, so a longer wait means hundreds of sign-ins."""
RETRY_SECONDS = 5


class BoundedArgon2Hasher(Argon2PasswordHasher):
    """Argon2id hasher with OWASP's parameters and bounded concurrency.

    https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id
    Keeps Django's algorithm name: older hashes stay valid and are renewed at sign-in.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with _hash_slot():
            return _threads.submit(super().encode, password, salt).result()

    def verify(self, password: str, encoded: str) -> bool:
        memory: int = self.decode(encoded)["memory_cost"]
        with _hash_slot(is_large=memory > self.memory_cost):
            return _threads.submit(super().verify, password, encoded).result()


def _start_threads() -> None:
    """Start dedicated threads: the C library keeps 19 MiB per thread that hashed."""
    global _threads  # noqa: PLW0603 - a fork has none of its parent's threads
    _threads = ThreadPoolExecutor(HASHES_AT_ONCE, "hash")


_threads: ThreadPoolExecutor
_start_threads()
os.register_at_fork(after_in_child=_start_threads)
_slots = threading.BoundedSemaphore(HASHES_AT_ONCE)
_large = threading.Lock()
"""Held by hashes of Django's 100 MiB, one at a time."""


@contextmanager
def _hash_slot(*, is_large: bool = False) -> Iterator[None]:
    with ExitStack() as held:
        for each in (_large, _slots) if is_large else (_slots,):
            if not each.acquire(timeout=WAIT_SECONDS):
                raise _busy()
            held.callback(each.release)
        yield


def _busy() -> Unavailable:
    refusal = Unavailable("Too many sign-ins at the moment. Try again in a few seconds.")
    refusal.retry_after = RETRY_SECONDS
    return refusal
