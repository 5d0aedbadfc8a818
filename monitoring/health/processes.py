"""Workers and beat, by their heartbeats."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from diip.common.queues import QUEUES
from monitoring.health.components import Component, State
from monitoring.health.wording import counted, listed, span
from monitoring.models import Heartbeat

Kind = Heartbeat.Kind

START_WORKER = "Start a worker that takes it (`--queues`), or restart the one that did."
LOOK_AT_WORKER = (
    "Restart it, unless it was stopped on purpose: then the line goes by itself within an hour."
)
START_BEAT = "Start beat: without it nothing is synced by itself, and nothing is mended."


@dataclass(frozen=True)
class Process:
    """One that beats, or did."""

    name: str
    age: float
    """Seconds since it was heard."""
    loop_age: float
    """Seconds since it did its work's round, as far as it could tell."""
    queues: tuple[str, ...]
    started_at: datetime
    facts: dict[str, object]

    @property
    def is_alive(self) -> bool:
        return self.age <= float(settings.DIIP_SILENT_SECONDS)

    @property
    def is_late(self) -> bool:
        """Four beats missed."""
        return self.age > 4 * float(settings.DIIP_HEARTBEAT_SECONDS)

    @property
    def is_stuck(self) -> bool:
        return self.is_alive and self.loop_age > settings.DIIP_SILENT_SECONDS

    @property
    def works(self) -> bool:
        return self.is_alive and not self.is_stuck

    def row(self) -> dict[str, object]:
        return {
            "name": self.name,
            "seconds_since_seen": round(self.age, 1),
            "queues": list(self.queues),
            "started_at": self.started_at,
            **self.facts,
        }


def read_processes(kind: str) -> list[Process]:
    """The freshest first."""
    now = timezone.now()
    rows = Heartbeat.objects.filter(kind=kind).order_by("-seen_at")
    return [_process(row, now) for row in rows]


def _process(row: Heartbeat, now: datetime) -> Process:
    age = max(0.0, (now - row.seen_at).total_seconds())
    loop = row.details.get("loop_seconds")
    return Process(
        name=row.name,
        age=age,
        loop_age=age + (loop if isinstance(loop, int | float) else 0.0),
        queues=tuple(row.queues),
        started_at=row.started_at,
        facts=dict(row.details),
    )


def workers() -> Component:
    found = read_processes(Kind.WORKER)
    working = [worker for worker in found if worker.works]
    taken = {queue for worker in working for queue in worker.queues}
    details = {"alive": len(working), "workers": [worker.row() for worker in found]}
    if not working:
        return Component("workers", State.FAILING, *_no_worker(found), details)
    if left := [queue for queue in QUEUES if queue not in taken]:
        message = f"No living worker takes from {listed(left)}."
        return Component("workers", State.FAILING, message, START_WORKER, details)
    if amiss := [worker for worker in found if worker.is_late or not worker.works]:
        message = f"{amiss[0].name} {_what_is_wrong(amiss[0])}; others take its queues."
        return Component("workers", State.WARNING, message, LOOK_AT_WORKER, details)
    message = f"{counted(len(working), 'worker')} at work, every queue is taken."
    return Component("workers", State.OK, message, details=details)


def _no_worker(found: list[Process]) -> tuple[str, str]:
    """The message and the fix."""
    stuck = [worker for worker in found if worker.is_stuck]
    if stuck:
        message = f"{stuck[0].name} {_what_is_wrong(stuck[0])}, and no other is there."
        return message, "See to the broker; where that is well, restart the worker."
    return "No worker lives: nothing is synced, counted or sent.", "Start a worker."


def _what_is_wrong(process: Process) -> str:
    if process.is_stuck:
        return f"lives, but has done no round for {span(process.loop_age)}"
    return f"was last heard {span(process.age)} ago"


def beat() -> Component:
    """Two are fine: what is due is claimed in the database, once."""
    found = read_processes(Kind.BEAT)
    working = [each for each in found if each.works]
    freshest = found[0].age if found else None
    details = {
        "alive": len(working),
        "seconds_since_seen": None if freshest is None else round(freshest, 1),
        "beats": [each.row() for each in found],
    }
    if not found:
        return Component("beat", State.FAILING, "No beat runs.", START_BEAT, details)
    if not working:
        message = f"Beat {_what_is_wrong(found[0])}."
        return Component("beat", State.FAILING, message, START_BEAT, details)
    if working[0].is_late:
        message = f"Beat {_what_is_wrong(working[0])}."
        return Component("beat", State.WARNING, message, "Wait a minute, then restart it.", details)
    message = f"Beat was heard {span(working[0].age)} ago."
    return Component("beat", State.OK, message, details=details)
