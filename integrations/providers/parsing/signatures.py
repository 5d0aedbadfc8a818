"""Verification of HMAC-SHA256 signatures on webhooks of GitHub and Jira.

https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
"""

import hmac
from collections.abc import Sequence

_SCHEME = "sha256="


def is_signed(header: str, body: bytes, secrets: Sequence[str]) -> bool:
    """Return True if `header` (`sha256=<hex>`) signs the body with one of the secrets.

    Tries all secrets, each in constant time. Without secrets it returns False after one comparison,
    so that the response time reveals nothing.
    """
    given = header.removeprefix(_SCHEME) if header.startswith(_SCHEME) else ""
    matches = [
        hmac.compare_digest(given.encode("utf-8", "replace"), _sign(secret, body))
        for secret in (*filter(None, secrets), "")
    ]
    return any(matches[:-1])


def _sign(secret: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), body, "sha256").hexdigest().encode()
