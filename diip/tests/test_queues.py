"""Every task goes to a queue that workers read."""

import pytest

from diip.celery import app
from diip.common.queues.names import ANALYTICS, INTERACTIVE, QUEUES


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("issues.tasks.start_due_syncs", INTERACTIVE),
        ("analytics.tasks.deliver_due_alerts", "alerts"),
        ("analytics.tasks.aggregate_changes", ANALYTICS),
    ],
)
def test_task_has_its_queue(task: str, queue: str) -> None:
    assert app.amqp.router.route({}, task)["queue"].name == queue


def test_workers_read_every_queue() -> None:
    assert set(app.amqp.queues) == set(QUEUES)
