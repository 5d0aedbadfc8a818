"""Records that could not be mapped or stored: kept with their raw body, counted, replayable."""

from collections.abc import Collection, Sequence

from django.db.models import F
from django.utils import timezone

from integrations.models import QuarantinedRecord
from integrations.providers.contract.base import RejectedRecord

RAW_CAP = 64 * 1024
"""Bytes of a raw body that are kept; `raw_size` tells what was received."""


def quarantine(integration_id: int, feed: str, rejected: Sequence[RejectedRecord]) -> None:
    """Inside the page's transaction. The same record again only counts up."""
    for record in rejected:
        now = timezone.now()
        fields = {
            "reason": record.reason[:1000],
            "raw": record.raw[:RAW_CAP],
            "raw_size": len(record.raw),
            "last_seen_at": now,
        }
        known = QuarantinedRecord.objects.filter(
            integration_id=integration_id, feed=feed, source_id=record.source_id[:100]
        )
        if not known.update(seen_count=F("seen_count") + 1, **fields):
            QuarantinedRecord.objects.create(
                integration_id=integration_id, feed=feed, source_id=record.source_id[:100], **fields
            )


def held(integration_id: int, feed: str) -> frozenset[str]:
    """The ids in quarantine."""
    rows = QuarantinedRecord.objects.filter(integration_id=integration_id, feed=feed)
    return frozenset(rows.values_list("source_id", flat=True))


def let_go(integration_id: int, feed: str, source_ids: Collection[str]) -> None:
    """These came through at last, mended upstream or by us."""
    QuarantinedRecord.objects.filter(
        integration_id=integration_id, feed=feed, source_id__in=source_ids
    ).delete()
