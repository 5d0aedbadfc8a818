"""Retention rules of calls, runs, deliveries, raw pages and quarantine."""

import logging
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from diip.common.retention import Kept, prune
from integrations.models import ApiLog, QuarantinedRecord, RawPage, SyncRun, WebhookDelivery

NEWEST_RUNS = 20
"""Runs kept per integration at any age: the next run carries values over from them."""


def _besides_the_newest(runs: QuerySet[Any]) -> QuerySet[Any]:
    """Exclude the newest runs. Open runs have no `finished_at` and are not in `runs`."""
    newest = SyncRun.objects.filter(integration=OuterRef("integration")).order_by("-id")
    oldest_kept = newest.values("id")[NEWEST_RUNS - 1 : NEWEST_RUNS]
    return runs.filter(pk__lt=Subquery(oldest_kept))


CALLS = Kept(ApiLog, "created_at", "DIIP_API_LOG_RETENTION_DAYS")
RUNS = Kept(
    SyncRun, "finished_at", "DIIP_SYNC_RUN_RETENTION_DAYS", may_go=_besides_the_newest,
    note=f"Finished runs; the newest {NEWEST_RUNS} of each integration stay.",
)  # fmt: skip
DELIVERIES = Kept(WebhookDelivery, "received_at", "DIIP_DELIVERY_RETENTION_DAYS")
# A page has some hundred kilobytes: small batches keep the transaction short.
RAW_PAGES = Kept(
    RawPage, "created_at", "DIIP_RAW_PAGE_RETENTION_DAYS", zero_keeps_none=True, batch=100
)
QUARANTINE = Kept(
    QuarantinedRecord, "first_seen_at", note="Until the record can be mapped, and stored."
)
KEPT = (CALLS, RUNS, DELIVERIES, RAW_PAGES, QUARANTINE)


def prune_logs(*, seconds: float) -> None:
    """Delete old calls and runs; other tasks delete deliveries and raw pages."""
    now = timezone.now()
    for kept in (CALLS, RUNS):
        prune(kept, now=now, seconds=seconds / 2)


logger = logging.getLogger(__name__)


def prune_raw_pages(*, seconds: float) -> bool:
    """Delete old raw pages, oldest first; return True if none is left."""
    dropped, is_done = prune(RAW_PAGES, now=timezone.now(), seconds=seconds)
    if dropped:
        logger.info("Dropped %s raw pages.", dropped)
    return is_done
