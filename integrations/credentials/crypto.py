"""Encryption of stored tokens: a ring of Fernet keys, ciphertexts bound to their rows.

The first key encrypts, all keys decrypt. The plaintext includes the row's id, so that a ciphertext
copied into another row is refused. This module logs nothing; no exception holds a token or a key.
"""

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

from diip.common.observability.scrubbing import remember_secret


class TokenUnreadable(Exception):
    """Error: no key decrypts the ciphertext, or it belongs to another row."""


def encrypt(secret: str, *, row_id: int) -> str:
    remember_secret(secret)
    return _ring()[0].encrypt(f"{row_id}:{secret}".encode()).decode()


def decrypt(ciphertext: str, *, row_id: int) -> str:
    try:
        bound = MultiFernet(_ring()).decrypt(ciphertext.encode()).decode()
    except InvalidToken:
        raise TokenUnreadable from None
    owner, _, secret = bound.partition(":")
    if owner != str(row_id):
        raise TokenUnreadable
    remember_secret(secret)
    return secret


def is_current(ciphertext: str) -> bool:
    """Return True if the ring's first key encrypted it."""
    try:
        _ring()[0].decrypt(ciphertext.encode())
    except InvalidToken:
        return False
    return True


def quota_key(host: str, token: str) -> str:
    """Hash host and token into a key that does not reveal the token."""
    return salted_hmac(
        "integrations.http.quota", f"{host}\n{token}", algorithm="sha256"
    ).hexdigest()


def _ring() -> tuple[Fernet, ...]:
    return _build_ring(tuple(settings.DIIP_ENCRYPTION_KEYS))


@lru_cache(maxsize=8)
def _build_ring(keys: tuple[str, ...]) -> tuple[Fernet, ...]:
    return tuple(Fernet(key) for key in keys)
