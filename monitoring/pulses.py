"""Gives every worker and beat its heartbeat, and every message the time it was sent.

Imported where the apps are made ready, so in all processes: the steps act in a worker only, the
signal of beat in beat only.
"""

import atexit
import time
from collections.abc import Mapping
from typing import Any

from celery import bootsteps, signals

from diip.celery import app
from monitoring import heartbeats
from monitoring.heartbeats import SENT_AT, Pulse
from monitoring.models import Heartbeat

TURN_SECONDS = 2.0


class WorkerPulse(bootsteps.StartStopStep):
    """Beats from the moment the pool stands, also while the broker cannot be reached."""

    requires = ("celery.worker.components:Pool",)

    def start(self, parent: Any) -> None:
        parent.pulse = Pulse(
            kind=Heartbeat.Kind.WORKER,
            name=parent.hostname,
            queues=tuple(sorted(parent.app.amqp.queues.consume_from)),
            describe=lambda: _describe(parent),
        )
        parent.pulse.start()

    def stop(self, parent: Any) -> None:
        parent.pulse.stop()

    def terminate(self, parent: Any) -> None:
        self.stop(parent)


class LoopPulse(bootsteps.StartStopStep):
    """Notes that the loop turns that takes messages from the broker."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, parent: Any) -> None:
        pulse = parent.controller.pulse
        pulse.turned()
        self.timer = parent.timer.call_repeatedly(TURN_SECONDS, pulse.turned)

    def stop(self, parent: Any) -> None:
        """Also when the connection is lost: it is started again with the next one."""
        self.timer.cancel()

    def terminate(self, parent: Any) -> None:
        self.stop(parent)


app.steps["worker"].add(WorkerPulse)
app.steps["consumer"].add(LoopPulse)


def _describe(worker: Any) -> Mapping[str, object]:
    pool = worker.pool.info.get("processes") if worker.pool else None
    return heartbeats.worker_details(worker.concurrency, list(pool or ()))


@signals.beat_init.connect
def start_pulse_of_beat(**kwargs: object) -> None:
    pulse = Pulse(
        kind=Heartbeat.Kind.BEAT,
        name=heartbeats.beat_name(),
        describe=heartbeats.beat_details,
    )
    # Each time it sends something it has turned: every five seconds by its schedule.
    signals.before_task_publish.connect(lambda **kwargs: pulse.turned(), weak=False)
    atexit.register(pulse.stop)
    pulse.start()


@signals.before_task_publish.connect
def note_when_sent(headers: dict[str, Any] | None = None, **kwargs: object) -> None:
    """So that a queue can tell how old its oldest message is, and a task how long it waited."""
    if headers is not None:
        headers.setdefault(SENT_AT, time.time())
