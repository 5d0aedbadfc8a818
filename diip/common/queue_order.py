"""In which order a worker that serves several queues looks into them."""

from collections.abc import Callable, Iterable
from time import monotonic

from diip.common.queues import QUEUES

PATIENCE = 60.0
"""Seconds without a message of a queue after which its next one is the first to be taken."""


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
        late = self._clock() - PATIENCE
        return sorted(self.items, key=lambda queue: min(self._served[queue] - late, 0.0))[:n]

    def rotate(self, last_used: str) -> str:
        self._served[last_used] = self._clock()
        return last_used


def _urgency(queue: str) -> int:
    return QUEUES.index(queue) if queue in QUEUES else len(QUEUES)
