"""What trackers push: secrets to sign it with, and what a genuine delivery makes due.

A delivery is a hint and nothing else: it names an issue to ask for. Whatever cannot be right is
refused in one and the same way, before anything of it is parsed.
"""

import json
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from diip.common.errors import InvalidInput, NotFound, Unauthenticated
from integrations import crypto
from integrations.models import Integration, IssueHint, WebhookDelivery
from integrations.providers import registry
from integrations.providers.base import (
    IssueRef,
    ProviderResponseError,
    Scope,
    WebhookNotice,
    Webhooks,
)
from integrations.providers.plain import clean_text

MAX_BODY_BYTES = 5_000_000
SECRETS_KEPT = 2
REMEMBERED = timedelta(days=30)
MAX_NAME = 100
REFUSAL = (
    "This delivery is not signed with a secret that is valid for this address. "
    "Compare URL and secret with those that the setting-up showed, or make a new secret."
)
Effect = WebhookDelivery.Effect

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Taken:
    """What a delivery came to."""

    effect: str
    event: str
    integration: Integration | None = None
    """Whose sync is to be asked for; None: nobody's."""


# --- secrets ------------------------------------------------------------------------------------


def webhooks_of(integration: Integration) -> Webhooks:
    """Raises NotFound where the tracker pushes nothing that could be taken."""
    reader = registry.PROVIDERS[integration.provider].webhooks
    if reader is None:
        title = registry.PROVIDERS[integration.provider].title
        raise NotFound(f"{title} has no webhooks: it is polled.")
    return reader


def renew_secret(*, integration: Integration, actor: User) -> str:
    """A new secret; the one before it stays valid, so that the tracker can be changed in peace."""
    webhooks_of(integration)
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        row = Integration.objects.select_for_update().get(pk=integration.pk)
        kept = [secret, *read_secrets(row)][:SECRETS_KEPT]
        row.webhook_ciphertext = crypto.encrypt(json.dumps(kept), row_id=row.pk)
        row.webhook_set_at = timezone.now()
        row.save(update_fields=["webhook_ciphertext", "webhook_set_at", "updated_at"])
    integration.webhook_ciphertext = row.webhook_ciphertext
    integration.webhook_set_at = row.webhook_set_at
    logger.info("User %s renewed the webhook secret of integration %s.", actor.pk, row.pk)
    return secret


def drop_secrets(*, integration: Integration, actor: User) -> None:
    """No delivery is taken from now on."""
    Integration.objects.filter(pk=integration.pk).update(webhook_ciphertext="", webhook_set_at=None)
    logger.info("User %s turned webhooks of integration %s off.", actor.pk, integration.pk)


def read_secrets(integration: Integration) -> list[str]:
    """Newest first. Where no key fits there are none, until a new one is made."""
    if not integration.webhook_ciphertext:
        return []
    try:
        stored = crypto.decrypt(integration.webhook_ciphertext, row_id=integration.pk)
    except crypto.TokenUnreadable:
        logger.warning("The webhook secrets of integration %s cannot be read.", integration.pk)
        return []
    return [str(secret) for secret in json.loads(stored)]


def steps(integration: Integration, *, url: str, secret: str) -> Sequence[str]:
    scope = Scope(base_url=integration.base_url, scope=integration.scope)
    reader = webhooks_of(integration)
    return reader.steps(scope=scope, web_url=integration.web_url, url=url, secret=secret)


# --- deliveries ---------------------------------------------------------------------------------


def take_delivery(
    *, provider: str, integration_id: int, headers: Mapping[str, str], body: bytes
) -> Taken:
    """Raises Unauthenticated of what is not genuine, InvalidInput of what is not readable."""
    reader = registry.PROVIDERS[provider].webhooks if provider in registry.PROVIDERS else None
    reader = reader or _any_reader()
    integration = _find(provider, integration_id)
    known = read_secrets(integration) if integration else []
    if not reader.is_genuine(headers, body, known) or integration is None:
        raise Unauthenticated(REFUSAL)
    try:
        notice = reader.read(headers, body)
    except ProviderResponseError as error:
        raise InvalidInput(error.message, field="body") from None
    return _note(integration, notice, body)


def _any_reader() -> Webhooks:
    """So that a provider without webhooks is refused like everybody."""
    return next(kind.webhooks for kind in registry.PROVIDERS.values() if kind.webhooks)


def _find(provider: str, integration_id: int) -> Integration | None:
    return Integration.objects.filter(
        pk=integration_id, provider=provider, removed_at=None, project__removed_at=None
    ).first()


def _note(integration: Integration, notice: WebhookNotice, body: bytes) -> Taken:
    effect = _effect(notice)
    event = clean_text(notice.event, MAX_NAME)[0]
    with transaction.atomic():
        Integration.objects.filter(pk=integration.pk).update(webhook_seen_at=timezone.now())
        if not _is_first(integration, _delivery_id(notice, body), event, effect):
            return Taken(effect, event)
        for ref in notice.issues:
            _hint(integration, ref)
    return Taken(effect, event, integration if effect != Effect.NOTHING else None)


def _effect(notice: WebhookNotice) -> str:
    if notice.concerns_scope:
        return Effect.SCOPE
    return Effect.ISSUES if notice.issues else Effect.NOTHING


def _delivery_id(notice: WebhookNotice, body: bytes) -> str:
    """One too long or unstorable, or none at all, is replaced by a digest."""
    given = notice.delivery_id
    if 0 < len(given) <= MAX_NAME and given.isascii() and given.isprintable():
        return given
    return f"sha256:{sha256(given.encode('utf-8', 'replace') or body).hexdigest()}"


def _is_first(integration: Integration, delivery_id: str, event: str, effect: str) -> bool:
    """One INSERT decides, also between two copies at once."""
    row = WebhookDelivery(
        integration=integration, delivery_id=delivery_id, event=event, effect=effect
    )
    present = WebhookDelivery.objects.filter(integration=integration, delivery_id=delivery_id)
    if present.update(copies=F("copies") + 1):
        return False
    made = WebhookDelivery.objects.bulk_create([row], ignore_conflicts=True)[0]
    # Another one's row has another time: theirs was the first.
    return present.filter(received_at=made.received_at).exists()


def _hint(integration: Integration, ref: IssueRef) -> None:
    IssueHint.objects.update_or_create(
        integration=integration,
        source_issue_id=clean_text(ref.source_issue_id, 64)[0],
        key=clean_text(ref.key, 64)[0],
        defaults={"noted_at": timezone.now(), "attempts": 0},
    )


def prune_deliveries(batch: int = 1000) -> int:
    """Forget those that nobody sends again; how many were forgotten."""
    old = WebhookDelivery.objects.filter(received_at__lt=timezone.now() - REMEMBERED)
    ids = list(old.order_by("pk").values_list("pk", flat=True)[:batch])
    WebhookDelivery.objects.filter(pk__in=ids).delete()
    return len(ids)
