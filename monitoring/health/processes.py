"""Workers and beat, by their heartbeats."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from redis import RedisError

from diip.common.queues.names import QUEUES
from monitoring import broker
from monitoring.health.components import Component, State
from monitoring.health.wording import counted, listed, span
from monitoring.heartbeats import Heartbeat, Kind, read_heartbeats

START_WORKER = "Start a worker that takes it (`--queues`), or restart the one that did."
LOOK_AT_WORKER = (
    "Restart it, unless it was stopped on purpose: then the line goes by itself within minutes."
)
START_BEAT = "Start beat: without it nothing is synced by itself, and nothing is mended."
SEE_TO_BROKER = "See to the broker: heartbeats are written there."


@dataclass(frozen=True)
class Process:
    """One that lives: its heartbeat has not expired."""

    name: str
    age: float
    """Seconds since its main loop wrote."""
    queues: tuple[str, ...]
    started_at: datetime
    facts: dict[str, Any]

    @property
    def is_late(self) -> bool:
        """Four beats missed."""
        return self.age > 4 * float(settings.DIIP_HEARTBEAT_SECONDS)

    def row(self) -> dict[str, object]:
        return {
            "name": self.name,
            "seconds_since_seen": round(self.age, 1),
            "queues": list(self.queues),
            "started_at": self.started_at,
            **self.facts,
        }


def read_processes(kind: Kind) -> list[Process]:
    """The freshest first. Raises `RedisError` where the broker does not answer."""
    return [_process(heartbeat) for heartbeat in read_heartbeats(kind)]


def _process(heartbeat: Heartbeat) -> Process:
    facts = dict(heartbeat.facts)
    return Process(
        name=heartbeat.name,
        age=heartbeat.age,
        queues=tuple(facts.pop("queues", ())),
        started_at=datetime.fromisoformat(facts.pop("started_at")),
        facts=facts,
    )


def workers() -> Component:
    try:
        found = read_processes(Kind.WORKER)
    except RedisError:
        return _unknown("workers", "Whether workers live is not known")
    taken = {queue for worker in found for queue in worker.queues}
    details = {"alive": len(found), "workers": [worker.row() for worker in found]}
    if not found:
        return _none_heard("workers", "No worker lives: nothing is synced, counted or sent.",
                           "Start a worker.", details)  # fmt: skip
    if left := [queue for queue in QUEUES if queue not in taken]:
        message = f"No living worker takes from {listed(left)}."
        return Component("workers", State.FAILING, message, START_WORKER, details)
    if late := [worker for worker in found if worker.is_late]:
        message = f"{late[0].name} was last heard {span(late[0].age)} ago."
        return Component("workers", State.WARNING, message, LOOK_AT_WORKER, details)
    message = f"{counted(len(found), 'worker')} at work, every queue is taken."
    return Component("workers", State.OK, message, details=details)


def beat() -> Component:
    """Two are fine: what is due is claimed in the database, once."""
    try:
        found = read_processes(Kind.BEAT)
    except RedisError:
        return _unknown("beat", "Whether beat lives is not known")
    details = {
        "alive": len(found),
        "seconds_since_seen": round(found[0].age, 1) if found else None,
        "beats": [each.row() for each in found],
    }
    if not found:
        return _none_heard("beat", "No beat runs.", START_BEAT, details)
    message = f"Beat was heard {span(found[0].age)} ago."
    if found[0].is_late:
        return Component("beat", State.WARNING, message, "Wait a minute, then restart it.", details)
    return Component("beat", State.OK, message, details=details)


def _unknown(name: str, message: str) -> Component:
    """No figures: a gauge that is absent raises no alert, a zero would."""
    told = f"{message}: the broker does not answer."
    return Component(name, State.WARNING, told, SEE_TO_BROKER)


def _none_heard(name: str, message: str, fix: str, details: dict[str, Any]) -> Component:
    """A broker that has just started may have forgotten them: they write again within a beat."""
    if broker.uptime_seconds() < 2 * settings.DIIP_HEARTBEAT_SECONDS:
        told = "None was heard since the broker started, seconds ago."
        return Component(name, State.WARNING, told, "Wait half a minute.")
    return Component(name, State.FAILING, message, fix, details)
