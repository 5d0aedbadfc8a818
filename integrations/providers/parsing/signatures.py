"""HMAC-SHA256 over the raw body, as GitHub and Jira sign what they push.

https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
"""

import hmac
from collections.abc import Sequence

_SCHEME = "sha256="


def is_signed(header: str, body: bytes, secrets: Sequence[str]) -> bool:
    """Whether `header` (`sha256=<hex>`) signs the body with one of the secrets.

    All secrets are tried, each compared in constant time. Without a secret nothing is genuine,
    at the cost of a comparison all the same.
    """
    given = header.removeprefix(_SCHEME) if header.startswith(_SCHEME) else ""
    matches = [
        hmac.compare_digest(given.encode("utf-8", "replace"), _sign(secret, body))
        for secret in (*filter(None, secrets), "")
    ]
    return any(matches[:-1])


def _sign(secret: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), body, "sha256").hexdigest().encode()
