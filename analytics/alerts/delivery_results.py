"""Storage of a delivery result: messages, log and channel state."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from analytics.alerts import outbox
from analytics.alerts.outbox import MessageBatch
from analytics.alerts.send_result import SendResult, SendStatus
from analytics.models import AlertChannel, AlertDelivery, AlertMessage
from integrations.lifecycle.failure_policy import backoff, with_jitter

LONGEST_WAIT = timedelta(hours=1)
MOST_REFUSALS = 5
"""Rejections after which a message is given up."""
PATIENCE = timedelta(days=5)
FAILURES_UNTIL_BROKEN = 10
"""Minimum failures in a row besides PATIENCE: DIIP itself may have been off."""

logger = logging.getLogger(__name__)

ChannelState = AlertChannel.State
State = AlertMessage.State


@dataclass(frozen=True)
class Tried:
    """One attempt to deliver a batch."""

    parcel: MessageBatch
    outcome: SendResult
    duration_ms: int


@transaction.atomic
def store_result(tried: Tried) -> bool:
    """Store the result; return True if the channel can send more.

    Locks the channel before its messages, as `outbox.pack` does.
    """
    now, outcome, sent_in = timezone.now(), tried.outcome, tried.parcel.channel
    channel = AlertChannel.objects.select_for_update(no_key=True).filter(pk=sent_in.pk).first()
    if channel is None:
        return False
    messages = AlertMessage.objects.filter(parcel=tried.parcel.id).order_by("pk")
    unsent = list(messages.exclude(state=State.SENT).select_for_update())
    log(unsent, tried)
    for message in unsent:
        _update_message(message, outcome, now)
    is_sent = outcome.verdict is SendStatus.SENT
    changes = working() | {"last_success_at": now} if is_sent else _failed(channel, outcome, now)
    is_held = bool(outbox.held(sent_in).update(**changes))
    return is_held and outcome.verdict in (SendStatus.SENT, SendStatus.REFUSED)


def log(messages: list[AlertMessage], tried: Tried) -> None:
    AlertDelivery.objects.bulk_create(
        AlertDelivery(
            message=message,
            success=tried.outcome.verdict is SendStatus.SENT,
            status_code=tried.outcome.status_code,
            duration_ms=tried.duration_ms,
            reason=tried.outcome.reason,
        )
        for message in messages
    )


def _update_message(message: AlertMessage, outcome: SendResult, now: datetime) -> None:
    if outcome.verdict is SendStatus.UNSURE:
        return
    message.parcel = None
    if outcome.verdict is SendStatus.SENT:
        message.state, message.sent_at = State.SENT, now
    elif outcome.verdict is SendStatus.REFUSED and message.state == State.DUE:
        message.due_at = now + _wait(message.attempts)
        if message.attempts >= MOST_REFUSALS:
            message.state = State.GIVEN_UP
    message.save(update_fields=["parcel", "state", "sent_at", "due_at", "updated_at"])


# --- the channel --------------------------------------------------------------------------------


def working() -> dict[str, object]:
    """Return the columns of a channel without failures."""
    return {
        "state": ChannelState.WORKING,
        "state_message": "",
        "failure_count": 0,
        "failing_since": None,
        "not_before": None,
    }


def _failed(channel: AlertChannel, outcome: SendResult, now: datetime) -> dict[str, object]:
    failures = channel.failure_count + 1
    since = channel.failing_since or now
    changes: dict[str, object] = {
        "state": ChannelState.FAILING,
        "state_message": outcome.reason,
        "failure_count": failures,
        "failing_since": since,
    }
    is_exhausted = now - since >= PATIENCE and failures >= FAILURES_UNTIL_BROKEN
    if outcome.verdict is SendStatus.BROKEN or is_exhausted:
        logger.warning("Stopped sending to alert channel %s: %s", channel.pk, outcome.reason)
        return changes | {
            "state": ChannelState.BROKEN,
            "state_message": _final_reason(outcome, since),
        }
    if outcome.verdict is SendStatus.REFUSED:
        return changes
    until = now + (outcome.wait or _wait(failures))
    message = f"{outcome.reason} Next attempt at {until:%H:%M} UTC."
    return changes | {"not_before": until, "state_message": message}


def _final_reason(outcome: SendResult, since: datetime) -> str:
    if outcome.verdict is SendStatus.BROKEN:
        return outcome.reason
    return (
        f"Delivery has failed since {since:%d %B %Y, %H:%M} UTC and was stopped. Last error: "
        f"{outcome.reason} Fix the cause, then enable the channel again."
    )


def _wait(failures: int) -> timedelta:
    return with_jitter(min(backoff(failures), LONGEST_WAIT))
