"""Lookup of integrations that use the same token."""

import hmac

from integrations.credentials import crypto
from integrations.models import Integration
from integrations.providers.registry import PROVIDERS


def with_same_token(integration: Integration) -> list[int]:
    """Return the ids of integrations with the same tracker, account and token, its own included."""
    if not integration.has_token:
        return [integration.pk]
    peers = Integration.objects.spending_quota_of(integration).with_token()
    peers = peers.filter(provider=integration.provider, account=integration.account)
    if quota_tells_token(integration):
        return list(peers.values_list("pk", flat=True))
    token = _read(integration)
    same = (row.pk for row in peers.exclude(pk=integration.pk) if _is_same(_read(row), token))
    return [integration.pk, *same]


def quota_tells_token(integration: Integration) -> bool:
    """Return False if the quota belongs to the IP address instead of the token."""
    kind = PROVIDERS.get(integration.provider)
    return bool(integration.quota_key) and not (kind and kind.quota_is_per_address)


def _read(integration: Integration) -> bytes:
    try:
        return crypto.decrypt(integration.token_ciphertext, row_id=integration.pk).encode()
    except crypto.TokenUnreadable:
        return b""


def _is_same(one: bytes, other: bytes) -> bool:
    return bool(one) and hmac.compare_digest(one, other)
