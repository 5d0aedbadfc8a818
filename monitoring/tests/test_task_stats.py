"""Task statistics, also during a database outage."""

import json
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from billiard.einfo import ExceptionInfo
from billiard.exceptions import WorkerLostError
from celery.worker.request import Request
from django.db import OperationalError
from kombu.exceptions import OperationalError as BrokerDown

from diip.celery import app
from monitoring import celery_heartbeats, task_stats, tasks
from monitoring.models import FailedTask, TaskTally
from monitoring.task_stats import counting, lost_tasks, writing
from monitoring.task_stats.buffer import TaskBuffer
from monitoring.task_stats.lost_tasks import NotedRequest
from monitoring.task_stats.records import Failure, Kind, Tally

NOW = datetime(2026, 5, 4, 12, 30, 20, tzinfo=UTC)
KIND = Kind(NOW.replace(second=0), "sync", "issues.tasks.advance_sync_run")


@pytest.fixture
def notes(monkeypatch) -> TaskBuffer:
    """Buffer without a thread; the test flushes it."""
    notes = TaskBuffer()
    monkeypatch.setattr(notes, "_wake", lambda: None)
    monkeypatch.setattr(counting, "notes", notes)
    return notes


def failure(**changes) -> Failure:
    fields = {"id": uuid4(), "task": KIND.task, "queue": "sync", "arguments": [7]}
    return Failure(**{**fields, "error": "ValueError", "message": "no", "at": NOW, **changes})


def test_counts_of_two_processes_add_up(db, notes):
    other = TaskBuffer()
    other._wake = lambda: None
    notes.count(KIND, Tally(succeeded=2, total_ms=30, longest_ms=20, waited_ms=5))
    other.count(KIND, Tally(failed=1, total_ms=50, longest_ms=50, waited_ms=1))

    assert notes.flush()
    assert other.flush()

    row = TaskTally.objects.get()
    assert (row.minute, row.queue, row.task) == (KIND.minute, KIND.queue, KIND.task)
    assert (row.succeeded, row.failed) == (2, 1)
    assert (row.total_ms, row.longest_ms, row.waited_ms) == (80, 50, 6)


def test_counts_are_kept_during_database_outage(db, notes, monkeypatch):
    def refuse(_: object) -> None:
        raise OperationalError("gone")

    notes.count(KIND, Tally(succeeded=1))
    notes.fail(failure())
    with monkeypatch.context() as away:
        away.setattr(writing, "write", refuse)
        assert not notes.flush()
        notes.count(KIND, Tally(succeeded=1))
    assert notes.flush()

    assert TaskTally.objects.get().succeeded == 2
    assert FailedTask.objects.count() == 1


def test_rejected_counts_are_dropped_whole(db, notes):
    notes.count(KIND, Tally(succeeded=1))
    notes.fail(failure(queue=None))

    assert notes.flush()
    assert not TaskTally.objects.exists()

    notes.count(KIND, Tally(succeeded=1))
    assert notes.flush()
    assert TaskTally.objects.exists()


def test_repeated_failure_is_one_row(db, notes):
    first = failure()
    notes.fail(first)
    notes.flush()
    notes.recover(first.id, NOW)
    notes.flush()
    assert FailedTask.objects.get().recovered_at == NOW

    notes.fail(failure(id=first.id, error="KeyError", at=NOW + timedelta(minutes=1)))
    notes.flush()

    row = FailedTask.objects.get()
    assert (row.failures, row.error, row.recovered_at) == (2, "KeyError", None)


class Caller:
    """Build the task object that Celery passes to signals."""

    name = "issues.tasks.process_issue"

    def __init__(self, **request) -> None:
        self.request = type("Context", (), {"is_eager": False, "hostname": "w@h", **request})

    def run(self, issue_id: int, after: int = 0) -> None: ...


def test_task_is_counted_with_duration_and_wait(db, notes, monkeypatch):
    ticks = iter([100.0, 102.0])
    clock = SimpleNamespace(monotonic=ticks.__next__, time=lambda: 1_000.0)
    monkeypatch.setattr(counting, "time", clock)
    task = Caller(delivery_info={"routing_key": "interactive"}, diip_sent_at=995.0)

    counting.note_begin(task)
    counting.count_task(task, str(uuid4()), state="SUCCESS")
    notes.flush()

    row = TaskTally.objects.get()
    assert (row.queue, row.task, row.succeeded) == ("interactive", task.name, 1)
    assert (row.total_ms, row.waited_ms) == (2_000, 3_000)


def test_failure_stores_data_for_retry(db, notes):
    task_id = str(uuid4())
    task = Caller(id=task_id, delivery_info={"routing_key": "sync"})
    error = RuntimeError("refused: password=abcdefgh-1234\0")

    counting.note_failure(task, task_id, error, args=(5,), kwargs={"after": 3})
    notes.flush()

    row = FailedTask.objects.get()
    assert (str(row.pk), row.task, row.queue, row.worker) == (task_id, task.name, "sync", "w@h")
    assert (row.arguments, row.error) == ([5, 3], "RuntimeError")
    assert "refused" in row.message
    assert "abcdefgh" not in row.message


@pytest.mark.parametrize("given", ["x" * 65, {"a": 1}, "password=hunter2", 1.5, [[[1]]]])
def test_arguments_other_than_ids_are_withheld(given):
    kept = counting.positional(Caller(), (given,), {})

    assert set(kept) == {"withheld"}


def test_sent_message_has_its_time(monkeypatch):
    headers = {}
    monkeypatch.setattr(counting, "time", SimpleNamespace(time=lambda: 5.0))

    counting.note_sending(headers=headers)

    assert headers == {counting.SENT_AT: 5.0}


def test_figures(db, notes):
    notes.count(KIND, Tally(succeeded=3, failed=1, total_ms=400, longest_ms=300, waited_ms=80))
    notes.count(Kind(NOW - timedelta(hours=2), "sync", "old"), Tally(succeeded=1))
    notes.flush()

    (figures,) = task_stats.figures_by_task(60, now=NOW)
    minutes = task_stats.minutes_by_queue(60, now=NOW)

    assert (figures.runs, figures.mean_ms, figures.longest_ms) == (4, 100, 300)
    assert figures.mean_wait_ms == 20
    assert [(m.queue, m.succeeded, m.failed) for m in minutes] == [("sync", 3, 1)]
    assert task_stats.per_minute(minutes, 60, NOW) == [0] * 59 + [4]


def test_old_records_are_deleted(db, notes, settings):
    settings.DIIP_TASK_STATS_RETENTION_DAYS, settings.DIIP_FAILED_TASK_RETENTION_DAYS = 7, 30
    for age in (6, 8):
        notes.count(Kind(NOW - timedelta(days=age), "sync", "t"), Tally(succeeded=1))
        notes.fail(failure(at=NOW - timedelta(days=age + 23)))
    notes.flush()

    assert task_stats.prune_task_records(NOW) == 2
    assert (TaskTally.objects.count(), FailedTask.objects.count()) == (1, 1)


def test_beat_prunes(db):
    entry = app.conf.beat_schedule["prune-task-records"]

    assert entry["task"] == tasks.prune_task_records.name
    tasks.prune_task_records()


@pytest.fixture
def lost_request() -> NotedRequest:
    """Build the main process's request of a task whose process was killed."""
    request = NotedRequest.__new__(NotedRequest)
    request.name, request._hostname = "issues.tasks.process_issue", "w@h"
    request._task = app.tasks["issues.tasks.process_issue"]
    request._args, request._kwargs = [7], {}
    request._delivery_info = {"routing_key": "sync"}
    request._request_dict = {"id": str(uuid4()), counting.FIRST_ID: None}
    request.id = request._request_dict["id"]
    return request


@pytest.fixture
def unsent(monkeypatch) -> Iterator[deque]:
    """Return the reports of the main process, without Celery's own handling."""
    monkeypatch.setattr(Request, "on_failure", lambda *_: None)
    lost_tasks.unsent.clear()
    yield lost_tasks.unsent
    lost_tasks.unsent.clear()


def lose(request: NotedRequest) -> None:
    try:
        raise WorkerLostError("Worker exited prematurely: signal 9 (SIGKILL) Job: 0.")
    except WorkerLostError:
        request.on_failure(ExceptionInfo())


def sent_losses(monkeypatch) -> list[dict]:
    sent = []
    monkeypatch.setattr(app, "send_task", lambda name, args: sent.append((name, *args)))
    lost_tasks.send_losses()
    assert {name for name, _ in sent} <= {tasks.note_lost_task.name}
    return [json.loads(json.dumps(loss)) for _, loss in sent]


def test_killed_task_is_reported_to_a_child(db, monkeypatch, lost_request, unsent):
    lose(lost_request)
    assert not FailedTask.objects.exists()

    (loss,) = sent_losses(monkeypatch)
    for _ in range(2):  # a message may come twice
        tasks.note_lost_task(loss)

    row = FailedTask.objects.get()
    assert (str(row.pk), row.arguments, row.queue) == (lost_request.id, [7], "sync")
    assert (row.error, row.worker, row.failures) == ("WorkerLostError", "w@h", 1)
    assert TaskTally.objects.get().failed == 1
    assert not unsent


def test_repeated_loss_is_one_row(db, monkeypatch, lost_request, unsent):
    lose(lost_request)
    lose(lost_request)

    for loss in sent_losses(monkeypatch):
        tasks.note_lost_task(loss)

    assert FailedTask.objects.get().failures == 2
    assert sum(TaskTally.objects.values_list("failed", flat=True)) == 2


def test_loss_report_waits_for_broker(monkeypatch, lost_request, unsent):
    def refuse(*_: object) -> None:
        raise BrokerDown("gone")

    lose(lost_request)
    with monkeypatch.context() as away:
        away.setattr(app, "send_task", refuse)
        lost_tasks.send_losses()

    assert len(unsent) == 1
    assert len(sent_losses(monkeypatch)) == 1


def test_losses_are_sent_on_each_loop_turn():
    assert lost_tasks.send_losses in celery_heartbeats.on_each_turn


def test_exception_is_recorded_where_it_ran(lost_request, unsent):
    try:
        raise ValueError
    except ValueError:
        lost_request.on_failure(ExceptionInfo())

    assert not unsent
