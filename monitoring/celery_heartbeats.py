"""Celery hooks: heartbeats of workers and beat, and the database guard of workers.

Every process imports this module at start-up. The steps run only in a worker, the beat signal only
in beat.
"""

import atexit
from collections.abc import Callable, Mapping
from typing import Any

from celery import bootsteps, signals

from diip.celery import app
from monitoring import heartbeats
from monitoring.database_guard import forbid_database
from monitoring.heartbeats import HeartbeatWriter, Kind

TURN_SECONDS = 2.0
PREFORK = "celery.concurrency.prefork"
on_each_turn: list[Callable[[], None]] = []
"""Callbacks of a worker's main loop, every two seconds while the broker is connected."""


class WorkerHeartbeat(bootsteps.StartStopStep):
    """Step that owns the writer; removes the heartbeat when the worker stops."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        if parent.pool_cls.__module__ == PREFORK:  # before the pool is made
            forbid_database()
        parent.heartbeat_writer = HeartbeatWriter(
            kind=Kind.WORKER,
            name=parent.hostname,
            queues=tuple(sorted(parent.app.amqp.queues.consume_from)),
            describe=lambda: _describe(parent),
        )

    def stop(self, parent: Any) -> None:
        parent.heartbeat_writer.stop()

    def terminate(self, parent: Any) -> None:
        self.stop(parent)


class LoopHeartbeat(bootsteps.StartStopStep):
    """Step that writes the heartbeat from the loop that receives messages."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, parent: Any) -> None:
        writer: HeartbeatWriter = parent.controller.heartbeat_writer

        def turn() -> None:
            writer.turn()
            for callback in on_each_turn:
                callback()

        turn()
        self.timer = parent.timer.call_repeatedly(TURN_SECONDS, turn)

    def stop(self, parent: Any) -> None:
        """Stop the timer, also on a lost connection; reconnecting starts it again."""
        self.timer.cancel()

    def terminate(self, parent: Any) -> None:
        self.stop(parent)


app.steps["worker"].add(WorkerHeartbeat)
app.steps["consumer"].add(LoopHeartbeat)


def _describe(worker: Any) -> Mapping[str, object]:
    pool = worker.pool.info.get("processes") if worker.pool else None
    return heartbeats.worker_details(worker.concurrency, list(pool or ()))


@signals.beat_init.connect
def start_heartbeat_of_beat(**kwargs: object) -> None:
    writer = HeartbeatWriter(
        kind=Kind.BEAT,
        name=heartbeats.beat_name(),
        describe=heartbeats.beat_details,
    )
    # Each sent task shows that the loop runs: every five seconds by the schedule.
    signals.before_task_publish.connect(lambda **kwargs: writer.turn(), weak=False)
    atexit.register(writer.stop)
    writer.turn()
