"""Cleaning up after sign-ins."""

from celery import shared_task

from accounts import attempts, retention, slots

PRUNE_SECONDS = 30.0


@shared_task
def prune_sign_ins() -> None:
    """Delete counters that count no more, slots and chains of refresh tokens that ran out, and
    lines of the audit trail whose time is over."""
    attempts.prune()
    slots.prune()
    retention.prune_accounts(seconds=PRUNE_SECONDS)
