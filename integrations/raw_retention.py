"""Dropping raw pages whose time is over."""

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from integrations.models import RawPage

logger = logging.getLogger(__name__)

BATCH = 100
"""Pages of some hundred kilobytes each: a short transaction."""


def prune_raw_pages(*, seconds: float) -> bool:
    """Oldest first, for about so long; True when nothing is left to do."""
    deadline = time.monotonic() + seconds
    until = timezone.now() - timedelta(days=max(settings.DIIP_RAW_DAYS, 0))
    over = RawPage.objects.filter(created_at__lte=until).order_by("created_at")
    dropped = 0
    while ids := list(over.values_list("pk", flat=True)[:BATCH]):
        RawPage.objects.filter(pk__in=ids).delete()
        dropped += len(ids)
        if time.monotonic() > deadline:
            return False
    if dropped:
        logger.info("Dropped %s raw pages.", dropped)
    return True
