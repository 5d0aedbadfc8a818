"""Sending what is due, channel by channel, for a bounded time."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from accounts import mailing
from analytics.alerts import delivery_results, outbox
from analytics.alerts.delivery_results import Tried
from analytics.alerts.outbox import ClaimLost, MessageBatch
from analytics.alerts.send_result import SendResult, SendStatus
from analytics.alerts.senders import email, slack, webhook
from analytics.models import AlertChannel
from diip.common.errors import TooManyRequests

Kind = AlertChannel.Kind
NOBODY_WANTS_IT = "Its recipients refuse mails from here. Enter others (PATCH with `recipients`)."

SENDERS: Mapping[str, Callable[[MessageBatch], SendResult]] = {
    Kind.EMAIL: email.send,
    Kind.SLACK: slack.send,
    Kind.WEBHOOK: webhook.send,
}


def deliver_due(*, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
    """What is not reached in that time is found by the next call."""
    deadline = clock() + seconds
    for channel_id in outbox.due_channels(timezone.now()):
        _deliver_in(channel_id, lambda: clock() < deadline)


def _deliver_in(channel_id: int, has_time: Callable[[], bool]) -> None:
    if not has_time():
        return
    channel = outbox.claim(channel_id, timezone.now())
    if channel is None:
        return
    try:
        while has_time() and (parcel := outbox.pack(channel)):
            if not delivery_results.settle(attempt(parcel)):
                break
    except ClaimLost:
        return
    outbox.release(channel)


def attempt(parcel: MessageBatch) -> Tried:
    """No transaction is open meanwhile."""
    started = time.monotonic()
    outcome = _held_back(parcel) or SENDERS[parcel.channel.kind](parcel)
    return Tried(parcel, outcome, round((time.monotonic() - started) * 1000))


def _held_back(parcel: MessageBatch) -> SendResult | None:
    """A mail that nobody wants any more, or that is too many for today."""
    channel = parcel.channel
    if channel.kind != Kind.EMAIL:
        return None
    refusing = mailing.refused(channel.confirmed_recipients)
    wanting = [one for one in channel.confirmed_recipients if one not in refusing]
    if not wanting:
        return SendResult(SendStatus.BROKEN, NOBODY_WANTS_IT)
    channel.confirmed_recipients = wanting
    limits = {
        "all": settings.DIIP_MAILS_PER_DAY,
        f"project:{channel.project_id}": settings.DIIP_MAILS_PER_PROJECT_A_DAY,
    }
    try:
        mailing.count_mails(limits, len(wanting))
    except TooManyRequests as refusal:
        wait = timedelta(seconds=refusal.retry_after)
        return SendResult(SendStatus.DOWN, refusal.message, wait=wait)
    return None
