import threading
import time
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from diip.common.queues import QUEUES
from monitoring import heartbeats, tasks
from monitoring.heartbeats import Pulse, prune_heartbeats
from monitoring.models import Heartbeat


@pytest.fixture
def pulse(db: None, monkeypatch: pytest.MonkeyPatch) -> Pulse:
    monkeypatch.setattr(heartbeats.connections, "close_all", lambda: None)
    return Pulse("worker", "celery@here", lambda: {"memory_bytes": 5}, queues=("sync",))


def test_a_beat_tells_of_the_process(pulse: Pulse) -> None:
    pulse.beat()
    pulse.beat()

    row = Heartbeat.objects.get()
    assert (row.kind, row.name, row.queues) == ("worker", "celery@here", ["sync"])
    assert row.details["memory_bytes"] == 5
    assert row.details.keys() >= {"pid", "version", "loop_seconds"}
    assert row.seen_at > row.started_at


def test_an_orderly_end_takes_the_row_along(pulse: Pulse) -> None:
    pulse.beat()

    pulse.stop()

    assert not Heartbeat.objects.exists()


def test_a_database_that_is_down_ends_nothing(pulse: Pulse, caplog) -> None:
    def refuse() -> None:
        raise OperationalError("connection to server at 10.1.2.3 failed")

    heartbeats._outliving_faults(refuse)

    assert "OperationalError" in caplog.text
    assert "10.1.2.3" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_threads_connection_is_open_only_while_nothing_is_forked() -> None:
    seen = []

    def write() -> None:
        with heartbeats.between_forks():
            Heartbeat.objects.count()
            seen.append((heartbeats.no_fork.is_held, connection.connection is None))
        seen.append((heartbeats.no_fork.is_held, connection.connection is None))

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()

    assert seen == [(True, False), (False, True)]


def test_silent_processes_are_forgotten_and_queues_that_are_gone(db: None) -> None:
    now = timezone.now()
    for name, age in (("old", 3601), ("young", 3599)):
        seen_at = now - timedelta(seconds=age)
        Heartbeat.objects.create(kind="worker", name=name, seen_at=seen_at)
    for name in ("sync", "no_more"):
        Heartbeat.objects.create(kind="queue", name=name, seen_at=now - timedelta(days=1))

    assert prune_heartbeats(now) == 2

    assert set(Heartbeat.objects.values_list("name", flat=True)) == {"young", "sync"}


def test_a_round_trip_notes_how_long_it_waited(db: None) -> None:
    tasks.note_round_trip.apply(args=("sync",))
    heartbeats.note_round_trip("sync", heartbeats.waited(time.time() - 3))

    row = Heartbeat.objects.get(kind="queue", name="sync")
    assert 2900 < row.details["waited_ms"] < 60_000


def test_beat_sends_one_into_each_queue() -> None:
    from diip.celery import app

    sent = {
        (entry["args"][0], entry["options"]["queue"])
        for entry in app.conf.beat_schedule.values()
        if entry["task"] == "monitoring.tasks.note_round_trip"
    }

    assert sent == {(queue, queue) for queue in QUEUES}


@pytest.mark.parametrize(("sent_at", "seconds"), [(None, None), ("x", None), (1e12, 0)])
def test_a_time_that_cannot_be_is_none(sent_at: object, seconds: float | None) -> None:
    waited = heartbeats.waited(sent_at)

    assert (waited and waited.total_seconds()) == seconds or waited == timedelta(0)
