"""Sending what is due, channel by channel, for a bounded time."""

import time
from collections.abc import Callable, Mapping

from django.utils import timezone

from analytics.alerts import outbox, settling
from analytics.alerts.outbox import ClaimLost, Parcel
from analytics.alerts.outcomes import Outcome
from analytics.alerts.senders import email, slack, webhook
from analytics.alerts.settling import Tried
from analytics.models import AlertChannel

Kind = AlertChannel.Kind

SENDERS: Mapping[str, Callable[[Parcel], Outcome]] = {
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
            if not settling.settle(attempt(parcel)):
                break
    except ClaimLost:
        return
    outbox.release(channel)


def attempt(parcel: Parcel) -> Tried:
    """No transaction is open meanwhile."""
    started = time.monotonic()
    outcome = SENDERS[parcel.channel.kind](parcel)
    return Tried(parcel, outcome, round((time.monotonic() - started) * 1000))
