from collections import Counter, deque

from diip.common.queue_order import MostUrgentFirst
from diip.common.queues import BACKFILL, INTERACTIVE, QUEUES, SYNC


def serve(waiting: dict[str, int], messages: int) -> list[str]:
    """From which queues a worker takes its next messages, as BRPOP does: the first that has one."""
    order = MostUrgentFirst()
    order.update(list(reversed(QUEUES)))
    left = Counter(waiting)
    taken: deque[str] = deque()
    for _ in range(messages):
        queue = next(name for name in order.consume(len(QUEUES)) if left[name])
        left[queue] -= 1
        taken.append(order.rotate(queue))
    return list(taken)


def test_most_urgent_is_first():
    assert serve({BACKFILL: 9, SYNC: 1, INTERACTIVE: 1}, 3) == [INTERACTIVE, SYNC, BACKFILL]


def test_no_queue_is_starved():
    served = Counter(serve(dict.fromkeys(QUEUES, 1000), 200))

    assert min(served[queue] for queue in QUEUES) >= 10
    assert served[INTERACTIVE] >= 150


def test_worker_of_one_queue_takes_all_of_it():
    order = MostUrgentFirst()
    order.update([BACKFILL])

    assert [order.consume(1) for _ in range(5) if order.rotate(BACKFILL)] == [[BACKFILL]] * 5
