"""Health of the queues: backlog, age and progress of the workers."""

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
from monitoring.health.processes import CHECK_BROKER, Process, read_processes
from monitoring.health.wording import counted, listed, span
from monitoring.heartbeats import SENT_AT, Heartbeat, Kind, read_heartbeats
from monitoring.models import TaskTally

WAIT_LIMITS: Mapping[str, int] = {
    INTERACTIVE: 60,
    ALERTS: 120,
    SYNC: 300,
    ANALYTICS: 900,
    BACKFILL: 3600,
}
"""Seconds that a message may wait before a warning."""
ROUND_TRIP_SECONDS = 60
"""Interval of the round-trip messages (`diip/celery.py`)."""


@dataclass(frozen=True)
class Waiting:
    """Backlog of a queue."""

    length: int
    oldest_seconds: float | None
    """Age of the oldest message; None without a message or send time."""


@dataclass(frozen=True)
class QueueFacts:
    name: str
    waiting: Waiting
    consumers: int
    worked_seconds: float | None
    """Seconds since the last finished task, else since the worker's start."""
    round_trip_ms: int | None
    """Wait of the last round-trip message, in milliseconds."""

    @property
    def oldest_seconds(self) -> float | None:
        return self.waiting.oldest_seconds

    def judge(self) -> tuple[State, str]:
        if not self.consumers:
            return State.FAILING, "no running worker reads from it"
        silent = max(settings.DIIP_HEARTBEAT_TIMEOUT, 2 * ROUND_TRIP_SECONDS)
        if self.worked_seconds is None or self.worked_seconds > silent:
            since = "yet" if self.worked_seconds is None else f"for {span(self.worked_seconds)}"
            return State.FAILING, f"it has a worker, but no task has finished {since}"
        if self.oldest_seconds is not None and self.oldest_seconds > WAIT_LIMITS[self.name]:
            return State.WARNING, f"its oldest message has waited for {span(self.oldest_seconds)}"
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
        message = "The broker does not answer: queue lengths are unknown."
        return Component("queues", State.FAILING, message, CHECK_BROKER)
    details: dict[str, object] = {"queues": [each.row() for each in facts]}
    judged = {each.name: each.judge() for each in facts}
    state = worst(state for state, _ in judged.values())
    if state is State.OK:
        waiting = sum(each.waiting.length for each in facts)
        message = f"{counted(waiting, 'message')} waiting, every queue is processed."
        return Component("queues", state, message, details=details)
    bad = {name: reason for name, (own, reason) in judged.items() if own is state}
    message = "; ".join(f"{name}: {reason}" for name, reason in bad.items()) + "."
    return Component("queues", state, message, _fix(state, list(bad)), details)


def _fix(state: State, names: list[str]) -> str:
    if state is State.WARNING:
        return f"If this lasts, add workers for {listed(names)}."
    return f"Restart the workers of {listed(names)}, or start new ones."


def read_queues() -> list[QueueFacts]:
    """Return the state of every queue. Raises `RedisError` without a broker."""
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
    # On a new installation, a worker that just started has time to finish its first task.
    moments = moments or [worker.started_at for worker in workers if name in worker.queues]
    if not moments:
        return None
    return round(max(0.0, (now - max(moments)).total_seconds()), 1)


def _last_tallies(now: datetime) -> dict[str, datetime]:
    """Return the end of the last minute with a finished task, by queue."""
    since = now - timedelta(minutes=15)
    rows = TaskTally.objects.filter(minute__gte=since).values_list("queue")
    newest = rows.annotate(newest=Max("minute")).values_list("queue", "newest")
    return {queue: min(now, minute + timedelta(minutes=1)) for queue, minute in newest}


def read_waiting() -> dict[str, Waiting]:
    """Return the backlog by queue."""
    with broker.connect() as client:
        return {name: _read_backlog(client, name) for name in QUEUES}


def _read_backlog(client: Redis, name: str) -> Waiting:
    # Kombu pushes on the left and takes from the right: the last one is the oldest.
    return Waiting(int(client.llen(name)), _age(client.lindex(name, -1)))


def _age(message: object) -> float | None:
    """Return seconds since the send time in the header; None without one."""
    if not isinstance(message, bytes | str):
        return None
    try:
        sent_at = json.loads(message)["headers"][SENT_AT]
        return round(max(0.0, time.time() - float(sent_at)), 1)
    except (ValueError, KeyError, TypeError):
        return None
