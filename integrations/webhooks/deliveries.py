"""What a genuine delivery makes due: it is remembered, its issues are noted, a run is asked for."""

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

REMEMBERED = timedelta(days=30)
"""The days that are counted and told of."""
Effect = WebhookDelivery.Effect


class IntegrationGone(Exception):
    """It was removed while the delivery was read."""


@dataclass(frozen=True)
class Taken:
    """What a delivery came to."""

    effect: str
    event: str
    integration: Integration | None = None
    """Whose sync is to be asked for; None: nobody's."""


# --- storing ------------------------------------------------------------------------------------


@transaction.atomic
def store(integration: Integration, notice: WebhookNotice, body: bytes) -> Taken:
    """A copy is counted and does nothing else. Raises IntegrationGone."""
    now = timezone.now()
    # This also locks the row: until the end of it, the integration cannot be purged.
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
    """Issues by no name that can be kept are found by a whole sync."""
    are_nameless = bool(notice.issues) and not refs
    if notice.concerns_scope or are_nameless:
        return Effect.SCOPE
    return Effect.ISSUES if refs else Effect.NOTHING


def _delivery_id(notice: WebhookNotice, body: bytes) -> str:
    """One too long or unstorable, or none at all, is replaced by a digest."""
    given = notice.delivery_id
    if 0 < len(given) <= MAX_WORD and given.isascii() and given.isprintable():
        return given
    told = given.encode("utf-8", "surrogatepass") or body
    return f"sha256:{sha256(told).hexdigest()}"


def _is_first(delivery: WebhookDelivery) -> bool:
    """One INSERT decides, also between two copies at once."""
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
    """What of the name fits; an id cut short would be that of another issue."""
    source_id, key = (
        part if len(part) <= MAX_ID and is_plain(part) else ""
        for part in (ref.source_issue_id, ref.key)
    )
    return IssueRef(source_issue_id=source_id, key=key) if source_id or key else None


def _note_hints(integration: Integration, refs: Collection[IssueRef], now: datetime) -> None:
    """One a name, as of the newest."""
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
    """The id of a run that was opened. Call it when the hints are committed: a run that is open
    already looks for late ones after its end."""
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
        except Conflict:  # runs come and go just now: the next one finds the hints
            return None
        if is_scope and not is_new:
            _make_due_after_open_run(integration)
    return run.pk if is_new else None


def _lock_ready(integration: Integration) -> Integration | None:
    """None while it is paused, fails or goes: the next try has its date, and finds the hints.

    A flood of deliveries must not become a flood of requests to a tracker in trouble. Locked,
    because a run that is opened while the integration is purged would be in the purge's way.
    """
    ready = Integration.objects.filter(
        pk=integration.pk,
        removed_at=None,
        status__in=[Integration.Status.HEALTHY, Integration.Status.THROTTLED],
        failure_count=0,
    )
    return ready.select_for_update(no_key=True).first()


def _make_due_after_open_run(integration: Integration) -> None:
    """It may read hinted issues only, or have read past the change."""
    now = timezone.now()
    early = Integration.objects.filter(pk=integration.pk, status=Integration.Status.HEALTHY)
    early.filter(next_sync_at__gt=now).update(next_sync_at=now)


# --- counting and forgetting --------------------------------------------------------------------


def count_recent(integration: Integration) -> tuple[int, int]:
    """(different deliveries, copies of them) that are remembered."""
    since = timezone.now() - REMEMBERED
    recent = WebhookDelivery.objects.filter(integration=integration, received_at__gte=since)
    counted = recent.aggregate(different=Count("pk"), all=Sum("copies", default=0))
    return counted["different"], counted["all"] - counted["different"]


def prune(*, seconds: float = 30.0) -> int:
    """Forget all that nobody sends again, a batch a transaction; how many were forgotten."""
    forgotten, _ = retention.prune(DELIVERIES, now=timezone.now(), seconds=seconds)
    return forgotten
