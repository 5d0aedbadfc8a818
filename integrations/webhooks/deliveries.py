"""Processing of authentic deliveries: store them, note issue hints, request a run."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Sum
from django.utils import timezone

from diip.common import retention
from diip.common.errors import Conflict
from integrations.lifecycle.sync_requests import request_sync
from integrations.models import Integration, IssueHint, SyncRun, WebhookDelivery
from integrations.providers.contract.base import IssueRef, WebhookNotice
from integrations.providers.parsing.limits_and_text import MAX_ID, MAX_WORD, clean_text, is_plain
from integrations.retention import DELIVERIES

COUNTED_PERIOD = timedelta(days=30)
"""Period over which deliveries are counted and shown."""
Effect = WebhookDelivery.Effect


class IntegrationGone(Exception):
    """Error: the integration was removed while the delivery was read."""


@dataclass(frozen=True)
class Taken:
    """Result of a delivery."""

    effect: str
    event: str
    integration: Integration | None = None
    """Integration to sync; None if no sync is needed."""


# --- storing ------------------------------------------------------------------------------------


@transaction.atomic
def store(integration: Integration, notice: WebhookNotice, body: bytes) -> Taken:
    """Store a delivery and its hints; only count a copy. Raises IntegrationGone."""
    now = timezone.now()
    # The update also locks the row: the integration cannot be purged before the commit.
    present = Integration.objects.filter(pk=integration.pk, removed_at=None)
    if not present.update(webhook_seen_at=now):
        raise IntegrationGone
    refs = {ref for issue in notice.issues if (ref := _storable(issue))}
    effect = _effect(notice, refs)
    event = clean_text(notice.event, MAX_WORD)[0]
    delivery = WebhookDelivery(
        integration=integration,
        delivery_id=_delivery_id(notice, body),
        event=event,
        effect=effect,
        received_at=now,
    )
    if not _is_first(delivery):
        return Taken(effect, event)
    _note_hints(integration, refs, now)
    return Taken(effect, event, integration if effect != Effect.NOTHING else None)


def _effect(notice: WebhookNotice, refs: Collection[IssueRef]) -> Effect:
    """Return the effect; issues without a storable name need a full sync."""
    are_nameless = bool(notice.issues) and not refs
    if notice.concerns_scope or are_nameless:
        return Effect.SCOPE
    return Effect.ISSUES if refs else Effect.NOTHING


def _delivery_id(notice: WebhookNotice, body: bytes) -> str:
    """Return the delivery's id; a digest if it is missing, too long or not printable."""
    given = notice.delivery_id
    if 0 < len(given) <= MAX_WORD and given.isascii() and given.isprintable():
        return given
    content = given.encode("utf-8", "surrogatepass") or body
    return f"sha256:{sha256(content).hexdigest()}"


def _is_first(delivery: WebhookDelivery) -> bool:
    """Insert the delivery; return False for a copy. One INSERT decides races too."""
    try:
        with transaction.atomic():
            delivery.save(force_insert=True)
    except IntegrityError:
        known = WebhookDelivery.objects.filter(
            integration=delivery.integration, delivery_id=delivery.delivery_id
        )
        known.update(copies=F("copies") + 1)
        return False
    return True


def _storable(ref: IssueRef) -> IssueRef | None:
    """Keep the parts that fit; a truncated id would name another issue."""
    source_id, key = (
        part if len(part) <= MAX_ID and is_plain(part) else ""
        for part in (ref.source_issue_id, ref.key)
    )
    return IssueRef(source_issue_id=source_id, key=key) if source_id or key else None


def _note_hints(integration: Integration, refs: Collection[IssueRef], now: datetime) -> None:
    """Store one hint per issue name with the newest date."""
    names = sorted((ref.source_issue_id, ref.key) for ref in refs)
    IssueHint.objects.bulk_create(
        [
            IssueHint(integration=integration, source_issue_id=source_id, key=key, noted_at=now)
            for source_id, key in names
        ],
        update_conflicts=True,
        unique_fields=["integration", "source_issue_id", "key"],
        update_fields=["noted_at", "attempts"],
    )


# --- what becomes due ---------------------------------------------------------------------------


def ask_for_run(taken: Taken) -> int | None:
    """Request a run; return its id if a new one was opened, otherwise None.

    Call it after the hints are committed: an open run checks for late hints at its end.
    """
    if taken.integration is None:
        return None
    is_scope = taken.effect == Effect.SCOPE
    kind = SyncRun.Kind.INCREMENTAL if is_scope else SyncRun.Kind.TARGETED
    with transaction.atomic():
        integration = _lock_ready(taken.integration)
        if integration is None:
            return None
        try:
            run, is_new = request_sync(
                integration=integration, trigger=SyncRun.Trigger.WEBHOOK, kind=kind
            )
        except Conflict:  # runs are starting and ending: the next one finds the hints
            return None
        if is_scope and not is_new:
            _make_due_after_open_run(integration)
    return run.pk if is_new else None


def _lock_ready(integration: Integration) -> Integration | None:
    """Lock the integration; None if paused, failing or removed: its next try finds the hints.

    Many deliveries must not become many requests to a failing tracker. The lock keeps a run from
    being opened while the integration is purged.
    """
    ready = Integration.objects.filter(
        pk=integration.pk,
        removed_at=None,
        status__in=[Integration.Status.HEALTHY, Integration.Status.THROTTLED],
        failure_count=0,
    )
    return ready.select_for_update(no_key=True).first()


def _make_due_after_open_run(integration: Integration) -> None:
    """Make a sync due after the open run, which may not read the change."""
    now = timezone.now()
    early = Integration.objects.filter(pk=integration.pk, status=Integration.Status.HEALTHY)
    early.filter(next_sync_at__gt=now).update(next_sync_at=now)


# --- counting and pruning -----------------------------------------------------------------------


def count_recent(integration: Integration) -> tuple[int, int]:
    """Return (deliveries, repeated copies) of the last 30 days."""
    since = timezone.now() - COUNTED_PERIOD
    recent = WebhookDelivery.objects.filter(integration=integration, received_at__gte=since)
    counted = recent.aggregate(different=Count("pk"), all=Sum("copies", default=0))
    return counted["different"], counted["all"] - counted["different"]


def prune(*, seconds: float = 30.0) -> int:
    """Delete deliveries too old to be repeated; return the number deleted."""
    deleted, _ = retention.prune(DELIVERIES, now=timezone.now(), seconds=seconds)
    return deleted
