"""Housekeeping of integrations. All of it may run twice, or twice at once."""

from celery import shared_task

from integrations import deliveries, keys, raw_retention, removal, retention

PURGE_SECONDS = 30.0
PRUNE_SECONDS = 30.0


@shared_task
def purge_removed() -> None:
    removal.purge_removed(seconds=PURGE_SECONDS)


@shared_task
def prune_raw_pages() -> None:
    raw_retention.prune_raw_pages(seconds=PRUNE_SECONDS)


@shared_task
def check_keys() -> None:
    """Integrations whose token no key fits ask for it; those it fits again go on."""
    keys.check_keys()


@shared_task
def prune_deliveries() -> None:
    deliveries.prune()


@shared_task
def prune_logs() -> None:
    retention.prune_logs(seconds=PRUNE_SECONDS)
