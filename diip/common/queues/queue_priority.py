"""Order in which a worker reads several queues."""

from collections.abc import Callable, Iterable
from time import monotonic

from diip.common.queues.names import ALERTS, ANALYTICS, BACKFILL, QUEUES, SYNC

PATIENCE = {ALERTS: 10.0, SYNC: 10.0, ANALYTICS: 20.0, BACKFILL: 60.0}
"""Seconds a queue may wait before its next message is taken first.

Short for queues of short tasks: first slices of many new integrations would delay regular syncs."""
OTHERS_PATIENCE = 60.0


class MostUrgentFirst:
    """Order by urgency without starvation.

    Kombu's `priority` would starve backfills while short syncs arrive; its `round_robin` would
    delay syncs by one long slice per other queue. Waiting time decides instead of message counts,
    because most messages are beat's checks, and expired ones cost nothing.

    Kombu calls `consume` for the order and `rotate` with the queue of each message.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.items: list[str] = []
        self._clock = clock
        self._served: dict[str, float] = {}

    def update(self, it: Iterable[str]) -> None:
        self.items = sorted(it, key=_urgency)
        for queue in self.items:
            self._served.setdefault(queue, self._clock())

    def consume(self, n: int) -> list[str]:
        now = self._clock()
        return sorted(self.items, key=lambda queue: min(self._left(queue, now), 0.0))[:n]

    def rotate(self, last_used: str) -> str:
        self._served[last_used] = self._clock()
        return last_used

    def _left(self, queue: str, now: float) -> float:
        """Return the seconds the queue may still wait."""
        return self._served[queue] + PATIENCE.get(queue, OTHERS_PATIENCE) - now


def _urgency(queue: str) -> int:
    return QUEUES.index(queue) if queue in QUEUES else len(QUEUES)
