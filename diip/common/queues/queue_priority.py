"""In which order a worker that serves several queues looks into them."""

from collections.abc import Callable, Iterable
from time import monotonic

from diip.common.queues.names import ALERTS, ANALYTICS, BACKFILL, QUEUES, SYNC

PATIENCE = {ALERTS: 10.0, SYNC: 10.0, ANALYTICS: 20.0, BACKFILL: 60.0}
"""Seconds without a message of a queue after which its next one is the first to be taken. Short for
what is short: first slices of very many new integrations would hold up regular syncs."""
OTHERS_PATIENCE = 60.0


class MostUrgentFirst:
    """The most urgent queue first, and yet no queue is starved.

    Kombu's `priority` would leave a backfill alone for ever while short syncs keep coming, its
    `round_robin` would make them wait for as many long slices as there are other queues. Turns are
    not counted, since most messages are beat's looks, and those that expired unread cost nothing.

    Kombu asks for `consume`, and tells by `rotate` where a message came from.
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
        """Seconds that it may still wait."""
        return self._served[queue] + PATIENCE.get(queue, OTHERS_PATIENCE) - now


def _urgency(queue: str) -> int:
    return QUEUES.index(queue) if queue in QUEUES else len(QUEUES)
