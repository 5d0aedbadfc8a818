"""A task that is given out again and again is stopped: it may be what kills the process.

A lost process gives its message back (`task_reject_on_worker_lost`), time and again. Counted is
in the broker itself and only from the second delivery on: what forgets the count has lost the
message, too.
"""

import inspect
import logging
from collections.abc import Mapping
from typing import Any, Final

import redis
from celery import Task
from kombu.exceptions import OperationalError

MOST_DELIVERIES: Final = 3
REMEMBERED: Final = 86_400
"""Seconds."""

logger = logging.getLogger(__name__)


class GivenOutTooOften(Exception):
    """Its process ended each time, and it is not tried any more."""


class CountedTask(Task):  # type: ignore[type-arg]
    """Runs at most three times for one message, and bears what a newer version sends along."""

    abstract = True

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        if not (self.request.delivery_info or {}).get("redelivered"):
            return
        deliveries = 1 + self._count_again(task_id)
        if deliveries > MOST_DELIVERIES:
            raise GivenOutTooOften(
                f"The process that ran it ended {MOST_DELIVERIES} times. It is not tried any more."
            )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.run(*args, **self._known(kwargs))

    def _known(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """While old and new code run side by side, a message may say more than is understood."""
        names = inspect.signature(self.run).parameters
        return {name: value for name, value in given.items() if name in names}

    def _count_again(self, task_id: str) -> int:
        """How often it was given out anew; 0 where the broker cannot count."""
        try:
            with self.app.connection_or_acquire() as connection:
                client = getattr(connection.default_channel, "client", None)
                if not isinstance(client, redis.Redis):
                    return 0
                key = f"diip:deliveries:{task_id}"
                count = int(client.incr(key))
                client.expire(key, REMEMBERED)
        except (OperationalError, redis.RedisError):
            logger.warning("The broker does not count deliveries of %s", task_id)
            return 0
        return count
