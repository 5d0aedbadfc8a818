"""Reports from a worker's main process about tasks whose child process was killed.

Celery sends no `task_failure` for a redelivered task, and all DIIP tasks are redelivered when their
child dies. The main process forks, so it must not write to the database: it sends a message, and a
child stores it (`monitoring.tasks.note_lost_task`). While the broker is down, the newest 500 wait
here; a killed main process loses them.
"""

import logging
from collections import deque
from dataclasses import asdict, replace
from typing import Any

import redis
from billiard.einfo import ExceptionWithTraceback  # type: ignore[attr-defined]
from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from celery import current_app, signals
from celery.worker import state
from celery.worker.request import Request
from kombu.exceptions import OperationalError

from monitoring import celery_heartbeats
from monitoring.task_stats import counting
from monitoring.task_stats.records import MOST_FAILURES, Failure

logger = logging.getLogger(__name__)

NOTE_LOST_TASK = "monitoring.tasks.note_lost_task"
unsent: deque[Failure] = deque(maxlen=MOST_FAILURES)


class NotedRequest(Request):
    def on_failure(
        self,
        exc_info: Any,
        send_failed_event: bool = True,  # noqa: FBT001 - Celery calls it so
        return_ok: bool = False,  # noqa: FBT001
    ) -> None:
        error = exc_info.exception
        if isinstance(error, ExceptionWithTraceback):
            error = error.exc
        if isinstance(error, WorkerLostError | TimeLimitExceeded) and not _is_stopping():
            self._note(error)
        super().on_failure(exc_info, send_failed_event, return_ok)

    def _note(self, error: Exception) -> None:
        kind = counting.kind_of(str(self.name), self.delivery_info)
        arguments = counting.positional(self.task, self.args or (), self.kwargs or {})
        row_id = counting.first_id(str(self.id), self.request_dict.get(counting.FIRST_ID))
        failure = counting.failure_of(row_id, kind, arguments, error)
        unsent.append(replace(failure, worker=str(self.hostname or "")[:200]))


@signals.worker_shutdown.connect
def send_losses(**_: object) -> None:
    """Send the waiting reports; keep them for the next turn if the broker fails."""
    while unsent:
        failure = unsent[0]
        loss = {**asdict(failure), "id": str(failure.id), "at": failure.at.isoformat()}
        try:
            current_app.send_task(NOTE_LOST_TASK, [loss])
        except (OperationalError, redis.RedisError, OSError) as fault:
            logger.warning("Lost tasks will be reported later: %s.", type(fault).__name__)
            return
        unsent.popleft()


celery_heartbeats.on_each_turn.append(send_losses)


def _is_stopping() -> bool:
    """Return True if the worker is stopping: redelivery is then no failure."""
    # None or False, or an exit code, which can be 0.
    stops = [getattr(state, name) for name in ("should_stop", "should_terminate")]
    return any(stop is not None and stop is not False for stop in stops)
