"""The main process's view of a task: it notes what a child that was killed cannot.

Celery's `task_failure` is no help here: a task that is given back, as all of ours are when their
child dies, sends none.
"""

from dataclasses import replace
from typing import Any

from billiard.einfo import ExceptionWithTraceback  # type: ignore[attr-defined]
from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from celery.worker import state
from celery.worker.request import Request

from monitoring.task_counts import counting
from monitoring.task_counts.notes import Tally


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
        counting.notes.fail(replace(failure, worker=str(self.hostname or "")[:200]))
        counting.notes.count(kind, Tally(failed=1))


def _is_stopping() -> bool:
    """A worker that ends gives its tasks back: no failure."""
    # None, or an exit code: 0 is one.
    stops = [getattr(state, name) for name in ("should_stop", "should_terminate")]
    return any(stop is not None and stop is not False for stop in stops)
