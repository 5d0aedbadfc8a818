"""Gives every worker and beat its heartbeat, and keeps a worker's main process off the database.

Imported where the apps are made ready, so in all processes: the steps act in a worker only, the
signal of beat in beat only.
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
"""What else a worker's main loop does every two seconds, while it has the broker."""


class WorkerHeartbeat(bootsteps.StartStopStep):
    """Holds the writer for the worker's whole life; its end removes the heartbeat."""

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
    """Writes from the loop that takes messages from the broker."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, parent: Any) -> None:
        writer: HeartbeatWriter = parent.controller.heartbeat_writer

        def turn() -> None:
            writer.turn()
            for act in on_each_turn:
                act()

        turn()
        self.timer = parent.timer.call_repeatedly(TURN_SECONDS, turn)

    def stop(self, parent: Any) -> None:
        """Also when the connection is lost: it is started again with the next one."""
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
    # Each time it sends something its loop has turned: every five seconds by its schedule.
    signals.before_task_publish.connect(lambda **kwargs: writer.turn(), weak=False)
    atexit.register(writer.stop)
    writer.turn()
