"""Health of workers and beat, from their heartbeats."""

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

START_WORKER = "Start a worker for it (`--queues`), or restart the one that served it."
RESTART_WORKER = "Restart it. If it was stopped on purpose, this warning disappears within minutes."
START_BEAT = "Start beat: without it no sync starts on schedule and nothing is retried."
CHECK_BROKER = "Check the broker: heartbeats are stored there."


@dataclass(frozen=True)
class Process:
    """Running process: its heartbeat has not expired."""

    name: str
    age: float
    """Seconds since its last heartbeat."""
    queues: tuple[str, ...]
    started_at: datetime
    facts: dict[str, Any]

    @property
    def is_late(self) -> bool:
        """Missed more than four heartbeats."""
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
    """Return running processes, most recent first. Raises `RedisError` without a broker."""
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
        return _unknown("workers", "Worker state unknown")
    served = {queue for worker in found for queue in worker.queues}
    details = {"alive": len(found), "workers": [worker.row() for worker in found]}
    if not found:
        return _no_heartbeat("workers", "No worker is running: nothing is synced, counted or sent.",
                             "Start a worker.", details)  # fmt: skip
    if left := [queue for queue in QUEUES if queue not in served]:
        message = f"No running worker reads from {listed(left)}."
        return Component("workers", State.FAILING, message, START_WORKER, details)
    if late := [worker for worker in found if worker.is_late]:
        message = f"{late[0].name} sent its last heartbeat {span(late[0].age)} ago."
        return Component("workers", State.WARNING, message, RESTART_WORKER, details)
    message = f"{counted(len(found), 'worker')} running, every queue has a worker."
    return Component("workers", State.OK, message, details=details)


def beat() -> Component:
    """Check beat; two are allowed, since due work is claimed once in the database."""
    try:
        found = read_processes(Kind.BEAT)
    except RedisError:
        return _unknown("beat", "Beat state unknown")
    details = {
        "alive": len(found),
        "seconds_since_seen": round(found[0].age, 1) if found else None,
        "beats": [each.row() for each in found],
    }
    if not found:
        return _no_heartbeat("beat", "Beat is not running.", START_BEAT, details)
    message = f"Beat sent its last heartbeat {span(found[0].age)} ago."
    if found[0].is_late:
        return Component("beat", State.WARNING, message, "Wait a minute, then restart it.", details)
    return Component("beat", State.OK, message, details=details)


def _unknown(name: str, message: str) -> Component:
    """Warn without figures: a missing gauge raises no alarm, a zero would."""
    reason = f"{message}: the broker does not answer."
    return Component(name, State.WARNING, reason, CHECK_BROKER)


def _no_heartbeat(name: str, message: str, fix: str, details: dict[str, Any]) -> Component:
    """Fail, but only warn if the broker just started and lost the heartbeats."""
    if broker.uptime_seconds() < 2 * settings.DIIP_HEARTBEAT_SECONDS:
        reason = "No heartbeat since the broker started a few seconds ago."
        return Component(name, State.WARNING, reason, "Wait half a minute.")
    return Component(name, State.FAILING, message, fix, details)
