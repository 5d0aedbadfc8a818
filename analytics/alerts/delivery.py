"""Delivery of due messages, channel by channel, within a time limit."""

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
ALL_OPTED_OUT = (
    "All recipients refuse mail from DIIP. Enter others (PATCH this channel with `recipients`)."
)

SENDERS: Mapping[str, Callable[[MessageBatch], SendResult]] = {
    Kind.EMAIL: email.send,
    Kind.SLACK: slack.send,
    Kind.WEBHOOK: webhook.send,
}


def deliver_due(*, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
    """Deliver for up to `seconds`; the next call continues."""
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
            if not delivery_results.store_result(attempt(parcel)):
                break
    except ClaimLost:
        return
    outbox.release(channel)


def attempt(parcel: MessageBatch) -> Tried:
    """Send a batch and measure the time; opens no transaction."""
    started = time.monotonic()
    outcome = _check_mail_limits(parcel) or SENDERS[parcel.channel.kind](parcel)
    return Tried(parcel, outcome, round((time.monotonic() - started) * 1000))


def _check_mail_limits(parcel: MessageBatch) -> SendResult | None:
    """Drop recipients who refuse mail.

    Returns a failure if none is left or a mail limit is reached, else None.
    """
    channel = parcel.channel
    if channel.kind != Kind.EMAIL:
        return None
    refusing = mailing.refused(channel.confirmed_recipients)
    accepting = [one for one in channel.confirmed_recipients if one not in refusing]
    if not accepting:
        return SendResult(SendStatus.BROKEN, ALL_OPTED_OUT)
    channel.confirmed_recipients = accepting
    limits = {
        "all": settings.DIIP_MAILS_PER_DAY,
        f"project:{channel.project_id}": settings.DIIP_MAILS_PER_PROJECT_A_DAY,
    }
    try:
        mailing.count_mails(limits, len(accepting))
    except TooManyRequests as refusal:
        wait = timedelta(seconds=refusal.retry_after)
        return SendResult(SendStatus.DOWN, refusal.message, wait=wait)
    return None
