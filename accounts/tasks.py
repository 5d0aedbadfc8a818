"""Background tasks: pruning and registration mails."""

from celery import shared_task

from accounts import mailing, registration, retention, slots
from accounts.sign_in import rate_limits

PRUNE_SECONDS = 30.0
MAIL_SECONDS = 15.0


@shared_task
def prune_sign_ins() -> None:
    """Delete expired counters, slots, token chains, registrations and audit events."""
    rate_limits.prune()
    slots.prune()
    mailing.prune_counts()
    registration.prune()
    retention.prune_accounts(seconds=PRUNE_SECONDS)


@shared_task
def send_registration_mails() -> None:
    registration.send_due(seconds=MAIL_SECONDS)
