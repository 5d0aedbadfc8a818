"""Check the encryption keys against the database, and rotate to a new key.

`check_keys` detects a wrong key ring by one row, marks integrations it can no longer read and
releases them when the former key is back. `rotate` re-encrypts all secrets with the first key.
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import models, transaction

from accounts import audit
from integrations.credentials import crypto
from integrations.fields import CiphertextField
from integrations.lifecycle import health
from integrations.models import Integration, KeyCanary

CANARY_ID = 1
CANARY_TEXT = "the keys fit"
BATCH = 100
PAUSE_SECONDS = 0.02
"""Pause between batches. SQLite has one writer and waiting connections poll for it: without
a gap a long rotation would block every sync."""


@dataclass(frozen=True)
class KeyReport:
    fits: bool
    marked: int = 0
    """Integrations newly marked: their token must be entered again."""
    freed: int = 0
    """Integrations whose token can be read again."""


@dataclass(frozen=True)
class RotationReport:
    current: int = 0
    """Secrets already encrypted with the first key."""
    rotated: int = 0
    old: int = 0
    """Secrets still encrypted with a later key of the ring."""
    unreadable: int = 0
    """Secrets that no key of the ring decrypts: their tokens must be entered again."""


# --- do the keys fit ----------------------------------------------------------------------------


def keys_fit() -> bool:
    """Return True if the keys decrypt the canary row, or none exists yet."""
    canary = KeyCanary.objects.filter(pk=CANARY_ID).first()
    return canary is None or _readable(canary.ciphertext, CANARY_ID)


def check_keys() -> KeyReport:
    """Mark unreadable tokens and release readable ones.

    Reads every token only if the canary fails; otherwise only those already marked.
    """
    fits = keys_fit()
    marked_before = Integration.objects.filter(status_reason="key_unknown")
    suspects = marked_before if fits else Integration.objects.all()
    marked = freed = 0
    for integration in suspects.with_token().iterator():
        readable = _readable(integration.token_ciphertext, integration.pk)
        if readable and integration.status_reason == "key_unknown":
            health.record_ready(integration)
            freed += 1
        elif not readable and integration.status_reason != "key_unknown":
            health.record_key_unknown(integration)
            marked += 1
    if not fits or not KeyCanary.objects.filter(pk=CANARY_ID).exists():
        _renew_canary()
    return KeyReport(fits, marked, freed)


def _renew_canary() -> None:
    ciphertext = crypto.encrypt(CANARY_TEXT, row_id=CANARY_ID)
    KeyCanary.objects.update_or_create(pk=CANARY_ID, defaults={"ciphertext": ciphertext})


def _readable(ciphertext: str, row_id: int) -> bool:
    try:
        crypto.decrypt(ciphertext, row_id=row_id)
    except crypto.TokenUnreadable:
        return False
    return True


# --- moving to a new key ------------------------------------------------------------------------


def rotate() -> RotationReport:
    """Re-encrypt every secret that is not yet encrypted with the first key.

    One transaction per batch: safe to interrupt and to repeat. A secret entered meanwhile wins.
    """
    counts: Counter[str] = Counter()
    for batch in _batches():
        with transaction.atomic():
            counts.update(_rotate_one(secret) for secret in batch)
        time.sleep(PAUSE_SECONDS)
    if keys_fit():
        _renew_canary()
    if counts["rotated"]:
        done = {name: counts[name] for name in ("rotated", "unreadable")}
        audit.record(None, audit.AuditRecord("keys.rotated", "stored secrets", details=done))
    return RotationReport(**counts)


def count_keys() -> RotationReport:
    """Count the secrets by key without changing them."""
    return RotationReport(**Counter(_classify(secret) for batch in _batches() for secret in batch))


@dataclass(frozen=True)
class _Secret:
    """One encrypted column of one row."""

    model: type[models.Model]
    row_id: int
    column: str
    ciphertext: str


def _classify(secret: _Secret) -> str:
    if not _readable(secret.ciphertext, secret.row_id):
        return "unreadable"
    return "current" if crypto.is_current(secret.ciphertext) else "old"


def _rotate_one(secret: _Secret) -> str:
    kind = _classify(secret)
    if kind != "old":
        return kind
    text = crypto.decrypt(secret.ciphertext, row_id=secret.row_id)
    rows = secret.model._default_manager
    unchanged = rows.filter(**{"pk": secret.row_id, secret.column: secret.ciphertext})
    unchanged.update(**{secret.column: crypto.encrypt(text, row_id=secret.row_id)})
    return "rotated"


def _batches() -> Iterator[list[_Secret]]:
    """Yield batches of all encrypted columns, found by field class in every app."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, CiphertextField):
                yield from _batches_of(model, field.name)


def _batches_of(model: type[models.Model], column: str) -> Iterator[list[_Secret]]:
    last = 0
    rows = model._default_manager.exclude(**{column: ""}).order_by("pk")
    while batch := list(rows.filter(pk__gt=last).values_list("pk", column)[:BATCH]):
        yield [_Secret(model, row_id, column, ciphertext) for row_id, ciphertext in batch]
        last = batch[-1][0]
