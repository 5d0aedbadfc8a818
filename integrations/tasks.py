"""Housekeeping tasks of integrations. Each is safe to run twice or concurrently."""

import logging

from celery import shared_task

from integrations import retention
from integrations.lifecycle import key_rotation, remove
from integrations.webhooks import deliveries

logger = logging.getLogger(__name__)

PURGE_SECONDS = 30.0
PRUNE_SECONDS = 30.0


@shared_task
def purge_removed() -> None:
    remove.purge_removed(seconds=PURGE_SECONDS)


@shared_task
def prune_raw_pages() -> None:
    retention.prune_raw_pages(seconds=PRUNE_SECONDS)


@shared_task
def check_keys() -> None:
    """Mark integrations with unreadable tokens; release those readable again."""
    key_rotation.check_keys()


@shared_task
def prune_deliveries() -> None:
    deliveries.prune()


@shared_task
def rotate_keys() -> None:
    """Rotate keys on request from the admin. Safe to interrupt and to repeat."""
    report = key_rotation.rotate()
    moved, unreadable = report.rotated, report.unreadable
    logger.info("Secrets re-encrypted with the first key: %s; unreadable: %s.", moved, unreadable)


@shared_task
def prune_logs() -> None:
    retention.prune_logs(seconds=PRUNE_SECONDS)
