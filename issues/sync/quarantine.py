"""Quarantine of records that cannot be mapped or stored."""

from collections.abc import Collection, Sequence

from django.db.models import F
from django.utils import timezone

from integrations.models import QuarantinedRecord
from integrations.providers.contract.base import RejectedRecord

RAW_CAP = 64 * 1024
"""Maximum stored bytes of a raw body; `raw_size` holds the received size."""


def quarantine(integration_id: int, feed: str, rejected: Sequence[RejectedRecord]) -> None:
    """Add records, inside the page's transaction; known records only increase their count."""
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
    """Return the source ids in quarantine."""
    rows = QuarantinedRecord.objects.filter(integration_id=integration_id, feed=feed)
    return frozenset(rows.values_list("source_id", flat=True))


def release_records(integration_id: int, feed: str, source_ids: Collection[str]) -> None:
    """Remove records that could now be stored, after a fix upstream or here."""
    QuarantinedRecord.objects.filter(
        integration_id=integration_id, feed=feed, source_id__in=source_ids
    ).delete()
