"""Limit on redeliveries of a task, which may be what kills its process.

The message of a lost process is redelivered each time (`task_reject_on_worker_lost`). The broker
holds the count, from the second delivery on: a broker that loses the count has lost the message
too.
"""

import inspect
import logging
from collections.abc import Mapping
from typing import Any, Final

import redis
from celery import Task
from kombu.exceptions import OperationalError

MAX_DELIVERIES: Final = 3
COUNT_TTL_SECONDS: Final = 86_400

logger = logging.getLogger(__name__)


class TooManyRedeliveries(Exception):
    """Task stopped because its process ended on every delivery."""


class CountedTask(Task):  # type: ignore[type-arg]
    """Task that runs at most three times per message and ignores unknown arguments."""

    abstract = True

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        if not (self.request.delivery_info or {}).get("redelivered"):
            return
        deliveries = 1 + self._count_again(task_id)
        if deliveries > MAX_DELIVERIES:
            raise TooManyRedeliveries(
                f"The worker process ended {MAX_DELIVERIES} times. The task is not retried."
            )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.run(*args, **self._known(kwargs))

    def _known(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Drop arguments that only a newer version knows, during a rolling update."""
        names = inspect.signature(self.run).parameters
        return {name: value for name, value in given.items() if name in names}

    def _count_again(self, task_id: str) -> int:
        """Return the number of redeliveries; 0 if the broker cannot count."""
        try:
            with self.app.connection_or_acquire() as connection:
                client = getattr(connection.default_channel, "client", None)
                if not isinstance(client, redis.Redis):
                    return 0
                key = f"diip:deliveries:{task_id}"
                count = int(client.incr(key))
                client.expire(key, COUNT_TTL_SECONDS)
        except (OperationalError, redis.RedisError):
            logger.warning("Redeliveries of task %s not counted: broker error", task_id)
            return 0
        return count
