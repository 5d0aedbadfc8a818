"""Webhooks: signing secrets, and verification of deliveries.

A delivery is only a hint that names an issue to fetch. Every invalid delivery gets the same
refusal, before its body is parsed.
"""

import json
import logging
import math
import secrets
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from diip.common.errors import InvalidInput, NotFound, TooLarge, TooManyRequests, Unauthenticated
from diip.common.http_api import request_budget
from integrations.audit import record_on
from integrations.credentials import crypto
from integrations.models import Integration
from integrations.providers import registry
from integrations.providers.contract.base import ProviderResponseError, Scope, Webhooks
from integrations.providers.parsing.record_reader import TooManyValues
from integrations.webhooks import deliveries
from integrations.webhooks.deliveries import Taken

MAX_BODY_BYTES = 1_000_000
"""Largest accepted body (GitHub sends up to 25 MB); the next sync finds refused changes."""
SECRETS_KEPT = 2
REFUSAL = (
    "This delivery is not signed with a secret that is valid for this address. "
    "Compare URL and secret with those shown during setup, or make a new secret."
)

logger = logging.getLogger(__name__)

_DECOYS = [secrets.token_urlsafe(32) for _ in range(SECRETS_KEPT)]


# --- secrets ------------------------------------------------------------------------------------


def webhooks_of(integration: Integration) -> Webhooks:
    """Return the provider's webhook reader. Raises NotFound if it has none."""
    reader = registry.PROVIDERS[integration.provider].webhooks
    if reader is None:
        title = registry.PROVIDERS[integration.provider].title
        raise NotFound(f"{title} has no webhooks: it is polled.")
    return reader


def renew_secret(*, integration: Integration, actor: User) -> str:
    """Make and return a new secret; the previous one stays valid for the changeover."""
    webhooks_of(integration)
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        row = _lock(integration)
        kept = [secret, *read_secrets(row)][:SECRETS_KEPT]
        row.webhook_ciphertext = crypto.encrypt(json.dumps(kept), row_id=row.pk)
        row.webhook_set_at = timezone.now()
        row.save(update_fields=["webhook_ciphertext", "webhook_set_at", "updated_at"])
        record_on(row, actor, "integration.webhook_secret_made")
    integration.webhook_ciphertext = row.webhook_ciphertext
    integration.webhook_set_at = row.webhook_set_at
    logger.info("User %s renewed the webhook secret of integration %s.", actor.pk, row.pk)
    return secret


def drop_secrets(*, integration: Integration, actor: User) -> None:
    """Delete the secrets, so that no delivery is accepted."""
    with transaction.atomic():
        row = Integration.objects.filter(pk=integration.pk)
        row.update(webhook_ciphertext="", webhook_set_at=None)
        record_on(integration, actor, "integration.webhook_secret_removed")
    logger.info("User %s turned off webhooks of integration %s.", actor.pk, integration.pk)


def read_secrets(integration: Integration) -> list[str]:
    """Return the secrets, newest first; empty if no key decrypts them."""
    if not integration.webhook_ciphertext:
        return []
    try:
        stored = crypto.decrypt(integration.webhook_ciphertext, row_id=integration.pk)
    except crypto.TokenUnreadable:
        logger.warning("The webhook secrets of integration %s cannot be read.", integration.pk)
        return []
    return [str(secret) for secret in json.loads(stored)]


def _lock(integration: Integration) -> Integration:
    present = Integration.objects.filter(pk=integration.pk, removed_at=None)
    row = present.select_for_update(no_key=True).first()
    if row is None:
        raise NotFound("The integration was deleted.")
    return row


def steps(integration: Integration, *, url: str, secret: str) -> Sequence[str]:
    scope = Scope(base_url=integration.base_url, scope=integration.scope)
    reader = webhooks_of(integration)
    return reader.steps(scope=scope, web_url=integration.web_url, url=url, secret=secret)


# --- deliveries ---------------------------------------------------------------------------------


def take_delivery(
    *, provider: str, integration_id: int, headers: Mapping[str, str], body: bytes
) -> Taken:
    """Verify and store a delivery.

    Raises Unauthenticated if it is not authentic, InvalidInput if it cannot be read, TooLarge if it
    has too many values, TooManyRequests above the rate limit. Headers are neither logged nor
    stored: some trackers send the secret in one.
    """
    integration = _find(provider, integration_id)
    reader = _reader_for(provider)
    known = read_secrets(integration) if integration else []
    # Always try the same number of secrets, so that the response time reveals nothing.
    tried = [*known, *_DECOYS][:SECRETS_KEPT]
    if not reader.is_genuine(headers, body, tried) or integration is None or not known:
        raise Unauthenticated(REFUSAL)
    _refuse_flood(integration)
    try:
        return deliveries.store(integration, reader.read(headers, body), body)
    except ProviderResponseError as error:
        raise InvalidInput(error.message, field="body") from None
    except TooManyValues as error:
        raise TooLarge(str(error)) from None
    except deliveries.IntegrationGone:
        raise Unauthenticated(REFUSAL) from None


def _refuse_flood(integration: Integration) -> None:
    """Limit authentic deliveries per minute; the next sync finds what was refused."""
    limit = settings.DIIP_DELIVERIES_PER_MINUTE
    wait = request_budget.spend("delivery", str(integration.pk), per_minute=limit)
    if wait:
        message = f"More than {limit} deliveries a minute; the next sync finds this change."
        raise TooManyRequests(message, retry_after=math.ceil(wait))


def _reader_for(provider: str) -> Webhooks:
    """Return the provider's reader, or any other, so that all refusals are alike."""
    kind = registry.PROVIDERS.get(provider)
    readers = [each.webhooks for each in registry.PROVIDERS.values() if each.webhooks]
    return kind.webhooks if kind and kind.webhooks else readers[0]


def _find(provider: str, integration_id: int) -> Integration | None:
    # Providers without webhooks match no delivery, even one validly signed for another provider.
    kind = registry.PROVIDERS.get(provider)
    present = Integration.objects.filter(
        pk=integration_id, provider=provider, removed_at=None, project__removed_at=None
    )
    found = present.first()
    return found if kind and kind.webhooks else None
