"""Each queue: what waits in it, since when, and whether somebody works it."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max
from django.utils import timezone
from redis import Redis, RedisError

from diip.common.queues.names import ALERTS, ANALYTICS, BACKFILL, INTERACTIVE, QUEUES, SYNC
from monitoring import broker
from monitoring.health.components import Component, State, worst
from monitoring.health.processes import SEE_TO_BROKER, Process, read_processes
from monitoring.health.wording import counted, listed, span
from monitoring.heartbeats import SENT_AT, Heartbeat, Kind, read_heartbeats
from monitoring.models import TaskTally

PATIENCE: Mapping[str, int] = {
    INTERACTIVE: 60,
    ALERTS: 120,
    SYNC: 300,
    ANALYTICS: 900,
    BACKFILL: 3600,
}
"""Seconds that a message may wait before somebody should know."""
ROUND_TRIP_SECONDS = 60
"""How often one is sent (`diip/celery.py`)."""


@dataclass(frozen=True)
class Waiting:
    """What the broker says of a queue."""

    length: int
    oldest_seconds: float | None
    """None: nothing waits, or its message does not say when it was sent."""


@dataclass(frozen=True)
class QueueFacts:
    name: str
    waiting: Waiting
    consumers: int
    worked_seconds: float | None
    """Since something was last worked from it; since its worker started, where nothing was yet."""
    round_trip_ms: int | None
    """How long the last message sent into it to see waited."""

    @property
    def oldest_seconds(self) -> float | None:
        return self.waiting.oldest_seconds

    def judge(self) -> tuple[State, str]:
        if not self.consumers:
            return State.FAILING, "no living worker takes from it"
        silent = max(settings.DIIP_HEARTBEAT_TIMEOUT, 2 * ROUND_TRIP_SECONDS)
        if self.worked_seconds is None or self.worked_seconds > silent:
            since = "ever" if self.worked_seconds is None else f"for {span(self.worked_seconds)}"
            return State.FAILING, f"it is taken, but nothing was worked {since}"
        if self.oldest_seconds is not None and self.oldest_seconds > PATIENCE[self.name]:
            return State.WARNING, f"its oldest message waits for {span(self.oldest_seconds)}"
        return State.OK, ""

    def row(self) -> dict[str, object]:
        state, reason = self.judge()
        return {
            "name": self.name,
            "status": state,
            "reason": reason,
            "length": self.waiting.length,
            "oldest_seconds": self.oldest_seconds,
            "consumers": self.consumers,
            "seconds_since_worked": self.worked_seconds,
            "round_trip_ms": self.round_trip_ms,
        }


def queues() -> Component:
    try:
        facts = read_queues()
    except RedisError:
        message = "The broker does not answer: nobody knows what waits."
        return Component("queues", State.FAILING, message, SEE_TO_BROKER)
    details: dict[str, object] = {"queues": [each.row() for each in facts]}
    judged = {each.name: each.judge() for each in facts}
    state = worst(state for state, _ in judged.values())
    if state is State.OK:
        waiting = sum(each.waiting.length for each in facts)
        message = f"{counted(waiting, 'message')} waiting, every queue is worked."
        return Component("queues", state, message, details=details)
    bad = {name: reason for name, (own, reason) in judged.items() if own is state}
    message = "; ".join(f"{name}: {reason}" for name, reason in bad.items()) + "."
    return Component("queues", state, message, _fix(state, list(bad)), details)


def _fix(state: State, names: list[str]) -> str:
    if state is State.WARNING:
        return f"Add workers for {listed(names)}, if it lasts."
    return f"Restart the workers of {listed(names)}, or start some."


def read_queues() -> list[QueueFacts]:
    """Raises `RedisError` where the broker does not answer."""
    now = timezone.now()
    waiting = read_waiting()
    consumers = read_processes(Kind.WORKER)
    trips = {trip.name: trip for trip in read_heartbeats(Kind.QUEUE)}
    tallied = _last_tallies(now)
    return [
        QueueFacts(
            name=name,
            waiting=waiting[name],
            consumers=sum(name in worker.queues for worker in consumers),
            worked_seconds=_since(now, name, [trips.get(name), tallied.get(name)], consumers),
            round_trip_ms=trips[name].facts.get("waited_ms") if name in trips else None,
        )
        for name in QUEUES
    ]


def _since(
    now: datetime, name: str, signs: list[Heartbeat | datetime | None], workers: list[Process]
) -> float | None:
    moments = [
        now - timedelta(seconds=sign.age) if isinstance(sign, Heartbeat) else sign
        for sign in signs
        if sign
    ]
    # A worker that has just come, on the very first day, has a while to show that it works.
    moments = moments or [worker.started_at for worker in workers if name in worker.queues]
    if not moments:
        return None
    return round(max(0.0, (now - max(moments)).total_seconds()), 1)


def _last_tallies(now: datetime) -> dict[str, datetime]:
    """When a task of a queue last ended, to the minute."""
    since = now - timedelta(minutes=15)
    rows = TaskTally.objects.filter(minute__gte=since).values_list("queue")
    newest = rows.annotate(newest=Max("minute")).values_list("queue", "newest")
    return {queue: min(now, minute + timedelta(minutes=1)) for queue, minute in newest}


def read_waiting() -> dict[str, Waiting]:
    """By queue."""
    with broker.connect() as client:
        return {name: _ask(client, name) for name in QUEUES}


def _ask(client: Redis, name: str) -> Waiting:
    # Kombu pushes on the left and takes from the right: the last one is the oldest.
    return Waiting(int(client.llen(name)), _age(client.lindex(name, -1)))


def _age(message: object) -> float | None:
    """By the header that tells when it was sent; its arguments are not looked at."""
    if not isinstance(message, bytes | str):
        return None
    try:
        sent_at = json.loads(message)["headers"][SENT_AT]
        return round(max(0.0, time.time() - float(sent_at)), 1)
    except (ValueError, KeyError, TypeError):
        return None
