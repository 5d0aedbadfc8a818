"""Dropping raw pages whose time is over."""

import logging

from django.utils import timezone

from diip.common.retention import prune
from integrations.retention import RAW_PAGES

logger = logging.getLogger(__name__)


def prune_raw_pages(*, seconds: float) -> bool:
    """Oldest first, for about so long; True when nothing is left to do."""
    dropped, is_done = prune(RAW_PAGES, now=timezone.now(), seconds=seconds)
    if dropped:
        logger.info("Dropped %s raw pages.", dropped)
    return is_done
