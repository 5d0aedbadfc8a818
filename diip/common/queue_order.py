"""In which order a worker that serves several queues looks into them."""

from collections.abc import Iterable

from diip.common.queues import QUEUES

URGENT_IN_A_ROW = 3
"""After so many messages the next look begins with another queue, each in its turn."""


class MostUrgentFirst:
    """The most urgent queue first, and yet no queue is starved.

    Kombu's `priority` would leave a backfill alone for ever while short syncs keep coming, its
    `round_robin` would make them wait for as many long slices as there are other queues. Here every
    queue has at least one message in twenty, and what nobody else needs.

    Kombu asks for `consume`, and tells by `rotate` where a message came from.
    """

    def __init__(self) -> None:
        self.items: list[str] = []
        self.taken = 0

    def update(self, it: Iterable[str]) -> None:
        self.items = sorted(it, key=_urgency)

    def consume(self, n: int) -> list[str]:
        ordered = self.items[:n]
        turn, looks = divmod(self.taken, URGENT_IN_A_ROW + 1)
        if looks == URGENT_IN_A_ROW and ordered:
            first = ordered.pop(-1 - turn % len(ordered))
            ordered.insert(0, first)
        return ordered

    def rotate(self, last_used: str) -> str:
        self.taken += 1
        return last_used


def _urgency(queue: str) -> int:
    return QUEUES.index(queue) if queue in QUEUES else len(QUEUES)
