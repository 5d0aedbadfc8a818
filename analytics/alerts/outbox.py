"""Outbox of alert messages, written with the alert and kept until sent.

One worker at a time sends in a channel (`claim`): it packs a batch (`pack`), sends it outside of a
transaction and stores the result (`analytics.alerts.delivery_results`). The batch's id is stored
before sending. An unknown result sends the same batch again, with the same delivery ids. A failed
batch is packed again; of several messages about one alert only the newest is sent, so a channel
that was down for a day gets the current state.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Min, Q, QuerySet
from django.utils import timezone

from analytics.alerts import payloads
from analytics.alerts.rules import channels_for
from analytics.models import Alert, AlertChannel, AlertMessage

LEASE = timedelta(seconds=120)
"""Lifetime of a claim; longer than the task limit, so no late worker sends."""
MOST_IN_PARCEL = 20

Event = AlertMessage.Event
Kind = AlertChannel.Kind
State = AlertMessage.State


class ClaimLost(Exception):
    """Lost claim: the channel was changed or claimed again; stop without writing."""


@dataclass(frozen=True)
class MessageBatch:
    """Messages sent together: one to a webhook, up to 20 otherwise."""

    id: UUID
    channel: AlertChannel
    messages: tuple[AlertMessage, ...]


# --- writing ------------------------------------------------------------------------------------


def enqueue(alert: Alert, event: str, now: datetime) -> None:
    """Queue a message per channel; call it in the transaction that changes the alert."""
    if alert.is_quiet:
        return
    payload = payloads.write_alert(alert, alert.project, now)
    AlertMessage.objects.bulk_create(
        (
            AlertMessage(
                alert=alert,
                channel=channel,
                event=event,
                revision=alert.revision,
                payload=payload,
                due_at=now + _digest_delay(channel),
            )
            for channel in channels_for(alert, event)
        ),
        ignore_conflicts=True,
    )


def drop(alert: Alert) -> None:
    """Drop the unsent messages of an alert."""
    due = AlertMessage.objects.filter(alert=alert, state=State.DUE)
    # Same lock order as `pack`, which also locks some of them.
    in_order = due.select_for_update().order_by("pk").values_list("pk", flat=True)
    AlertMessage.objects.filter(pk__in=list(in_order)).update(state=State.DROPPED)


def _digest_delay(channel: AlertChannel) -> timedelta:
    return timedelta(seconds=channel.digest_seconds if channel.kind == Kind.EMAIL else 0)


# --- claiming -----------------------------------------------------------------------------------


def due_channels(now: datetime) -> list[int]:
    """Return ids of free channels with due messages, longest wait first."""
    free = _free(AlertChannel.objects.filter(project__removed_at=None), now)
    due = AlertMessage.objects.filter(state=State.DUE, due_at__lte=now, channel__in=free)
    longest_first = due.values("channel_id").annotate(since=Min("due_at")).order_by("since")
    return [row["channel_id"] for row in longest_first]


def claim(channel_id: int, now: datetime) -> AlertChannel | None:
    """Claim the channel; None if it is claimed, disabled or backing off."""
    free = _free(AlertChannel.objects.filter(pk=channel_id), now)
    taken = free.update(claimed_until=now + LEASE, fencing_token=F("fencing_token") + 1)
    if not taken:
        return None
    return AlertChannel.objects.select_related("project").filter(pk=channel_id).first()


def held(channel: AlertChannel) -> QuerySet[AlertChannel]:
    """Return the channel's row; empty once the claim is lost."""
    return AlertChannel.objects.filter(pk=channel.pk, fencing_token=channel.fencing_token)


def release(channel: AlertChannel) -> None:
    held(channel).update(claimed_until=None)


def _free(channels: QuerySet[AlertChannel], now: datetime) -> QuerySet[AlertChannel]:
    """Filter channels that can be claimed, by their own columns only.

    An UPDATE with a join decides by the values before its lock wait: two workers could claim.
    """
    usable = channels.filter(enabled=True).exclude(state=AlertChannel.State.BROKEN)
    usable = usable.exclude(kind=Kind.EMAIL, confirmed_recipients=[])
    return usable.filter(
        Q(claimed_until=None) | Q(claimed_until__lt=now),
        Q(not_before=None) | Q(not_before__lte=now),
    )


# --- packing ------------------------------------------------------------------------------------


@transaction.atomic
def pack(channel: AlertChannel) -> MessageBatch | None:
    """Return the next batch; None if nothing is due. Raises ClaimLost."""
    now = timezone.now()
    if not held(channel).update(claimed_until=now + LEASE):
        raise ClaimLost
    waiting = AlertMessage.objects.filter(channel=channel, state=State.DUE).order_by("pk")
    due = list(waiting.select_for_update())
    unsure = next((message.parcel for message in due if message.parcel), None)
    if unsure:
        chosen = [message for message in due if message.parcel == unsure]
    else:
        chosen = _choose(channel, due, now)
    if not chosen:
        return None
    parcel = MessageBatch(unsure or uuid4(), channel, tuple(chosen))
    mine = AlertMessage.objects.filter(pk__in=[message.pk for message in chosen])
    mine.update(parcel=parcel.id, attempts=F("attempts") + 1)
    return parcel


def _choose(
    channel: AlertChannel, due: Sequence[AlertMessage], now: datetime
) -> list[AlertMessage]:
    """Choose the newest message per alert; a mail includes those due soon."""
    ready = {message.alert_id for message in due if message.due_at <= now}
    if ready and channel.kind == Kind.EMAIL:
        ready = {message.alert_id for message in due}
    newest = {message.alert_id: message for message in due if message.alert_id in ready}
    most = 1 if channel.kind == Kind.WEBHOOK else MOST_IN_PARCEL
    chosen = list(newest.values())[:most]
    _drop_older(due, chosen)
    _name_events(channel, chosen)
    return chosen


def _drop_older(due: Iterable[AlertMessage], chosen: Collection[AlertMessage]) -> None:
    threads = {message.alert_id for message in chosen}
    kept = {message.pk for message in chosen}
    older = [one.pk for one in due if one.alert_id in threads and one.pk not in kept]
    AlertMessage.objects.filter(pk__in=older).update(state=State.DROPPED)


def _name_events(channel: AlertChannel, chosen: Sequence[AlertMessage]) -> None:
    """Turn the first message a channel gets about an alert into `opened`, unless resolved."""
    threads = [message.alert_id for message in chosen]
    sent = AlertMessage.objects.filter(channel=channel, alert__in=threads, state=State.SENT)
    known = set(sent.values_list("alert_id", flat=True))
    for message in chosen:
        if message.event == Event.UPDATED and message.alert_id not in known:
            message.event = Event.OPENED
            message.save(update_fields=["event", "updated_at"])
