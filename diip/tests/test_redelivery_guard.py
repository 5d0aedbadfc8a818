"""Redelivered messages, and messages from another version."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery

from diip.celery import app
from diip.common.queues.redelivery_guard import CountedTask, TooManyRedeliveries
from issues import tasks
from tests.own_servers import own_redis


@pytest.fixture
def count(tmp_path: Path) -> Any:
    """Yield a task on a broker that counts deliveries."""
    with own_redis(tmp_path) as server:
        other = Celery("other", broker=server.url(), task_cls=CountedTask, set_as_current=False)

        @other.task(bind=True)
        def counted(self: Any) -> None: ...

        yield counted
        other.close()


def deliver(task: Any, task_id: str, *, redelivered: bool) -> None:
    info = {"redelivered": redelivered}
    task.request_stack.push(SimpleNamespace(delivery_info=info))
    try:
        task.before_start(task_id, (), {})
    finally:
        task.request_stack.pop()


def test_killing_task_is_delivered_three_times(count: Any) -> None:
    deliver(count, "poison", redelivered=False)
    deliver(count, "poison", redelivered=True)
    deliver(count, "poison", redelivered=True)

    with pytest.raises(TooManyRedeliveries, match="3 times"):
        deliver(count, "poison", redelivered=True)

    deliver(count, "another", redelivered=True)


def test_task_runs_when_broker_cannot_count() -> None:
    task = tasks.advance_sync_run

    for _ in range(5):
        deliver(task, "given back", redelivered=True)


def test_every_task_is_counted() -> None:
    app.loader.import_default_modules()
    ours = [task for name, task in app.tasks.items() if not name.startswith("celery.")]

    assert len(ours) > 10
    assert [task.name for task in ours if not isinstance(task, CountedTask)] == []


def test_arguments_of_a_newer_version_are_ignored(db: None) -> None:
    assert tasks.process_issue(issue_id=0, because="a later version says why") is None
