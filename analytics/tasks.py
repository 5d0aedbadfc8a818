"""Background jobs: ids in, one service each. Running any twice, or two at once, changes nothing."""

from celery import shared_task

from analytics.alerts import delivering, pruning, raising

DELIVER_SECONDS = 15.0
"""A worker is not kept longer from its syncs by channels that are slow."""


@shared_task
def raise_alerts() -> None:
    """Look at spikes and integrations, and write what is to be told."""
    raising.raise_alerts()


@shared_task
def notify_spike(spike_id: int) -> None:
    """The same for one spike, without waiting for the next look."""
    raising.raise_spike(spike_id)


@shared_task
def deliver_due_alerts() -> None:
    delivering.deliver_due(seconds=DELIVER_SECONDS)


@shared_task
def prune_alerts() -> None:
    pruning.prune()
