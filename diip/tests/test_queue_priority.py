from collections import Counter

from diip.common.queues.names import BACKFILL, INTERACTIVE, QUEUES, SYNC
from diip.common.queues.queue_priority import PATIENCE, MostUrgentFirst


def serve(waiting: dict[str, int], messages: int, seconds: float = 1.0) -> list[str]:
    """Simulate a worker on BRPOP: return the queues of its next messages.

    BRPOP takes from the first queue that has a message; each message takes `seconds`.
    """
    now = 0.0
    order = MostUrgentFirst(clock=lambda: now)
    order.update(list(reversed(QUEUES)))
    left = Counter(waiting)
    taken: list[str] = []
    for _ in range(messages):
        queue = next(name for name in order.consume(len(QUEUES)) if left[name])
        left[queue] -= 1
        taken.append(order.rotate(queue))
        now += seconds
    return taken


def test_most_urgent_is_first():
    assert serve({BACKFILL: 9, SYNC: 1, INTERACTIVE: 1}, 3) == [INTERACTIVE, SYNC, BACKFILL]


def test_no_queue_is_starved():
    served = Counter(serve(dict.fromkeys(QUEUES, 1000), 600))

    for queue, patience in PATIENCE.items():
        assert served[queue] >= 600 / (patience + len(QUEUES)) - 1
    assert served[INTERACTIVE] > 400


def test_regular_sync_does_not_wait_for_new_integrations():
    taken = serve({INTERACTIVE: 1000, SYNC: 1}, 5, seconds=5.0)

    assert SYNC in taken[:4]


def test_burst_of_messages_does_not_promote_long_tasks():
    assert set(serve(dict.fromkeys(QUEUES, 1000), 200, seconds=0.01)) == {INTERACTIVE}


def test_worker_of_one_queue_reads_it_all():
    order = MostUrgentFirst()
    order.update([BACKFILL])

    assert [order.consume(1) for _ in range(5) if order.rotate(BACKFILL)] == [[BACKFILL]] * 5
