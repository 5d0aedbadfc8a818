import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from diip.common.queues.names import QUEUES
from monitoring import heartbeats, tasks
from monitoring.database_guard import DatabaseForbidden, forbid_database
from monitoring.heartbeats import HeartbeatWriter, Kind, read_heartbeats

SILENT = "redis://:hidden@127.0.0.1:1/0"


@pytest.fixture
def writer(empty_broker: redis.Redis) -> HeartbeatWriter:
    facts = {"memory_bytes": 5}
    return HeartbeatWriter(Kind.WORKER, "celery@here", lambda: facts, queues=("sync",))


def test_heartbeat_describes_the_process(writer: HeartbeatWriter) -> None:
    writer.write()
    writer.write()

    (heartbeat,) = read_heartbeats(Kind.WORKER)
    assert heartbeat.name == "celery@here"
    assert heartbeat.facts["memory_bytes"] == 5
    assert heartbeat.facts["queues"] == ["sync"]
    assert heartbeat.facts.keys() >= {"pid", "version", "started_at"}
    assert read_heartbeats(Kind.BEAT) == []


def test_heartbeat_expires(writer: HeartbeatWriter, empty_broker: redis.Redis, settings) -> None:
    settings.DIIP_HEARTBEAT_TIMEOUT = 180
    writer.write()
    key = b"diip:heartbeat:worker:celery@here"

    assert 120_000 < empty_broker.pttl(key) <= 180_000
    empty_broker.pexpire(key, 60_000)
    assert 120 <= read_heartbeats(Kind.WORKER)[0].age < 150
    empty_broker.pexpire(key, 0)
    assert read_heartbeats(Kind.WORKER) == []


def test_expired_names_leave_the_index(writer: HeartbeatWriter, empty_broker: redis.Redis) -> None:
    empty_broker.zadd("diip:heartbeats:worker", {"celery@gone": time.time() - 3601})

    writer.write()

    assert empty_broker.zrange("diip:heartbeats:worker", 0, -1) == [b"celery@here"]


def test_orderly_stop_removes_the_heartbeat(writer: HeartbeatWriter) -> None:
    writer.write()

    writer.stop()

    assert read_heartbeats(Kind.WORKER) == []


def test_heartbeat_is_written_once_per_period(
    writer: HeartbeatWriter, empty_broker: redis.Redis
) -> None:
    writer.turn()
    empty_broker.flushall()

    writer.turn()

    assert read_heartbeats(Kind.WORKER) == []


def test_broker_outage_does_not_stop_the_writer(writer: HeartbeatWriter, settings, caplog) -> None:
    settings.REDIS_URL = SILENT

    writer.turn()
    writer.stop()

    assert "ConnectionError" in caplog.text
    assert "127.0.0.1" not in caplog.text
    assert "hidden" not in caplog.text


def test_each_turn_touches_the_alive_file(
    writer: HeartbeatWriter, settings, tmp_path: Path
) -> None:
    settings.REDIS_URL = SILENT
    settings.DIIP_ALIVE_FILE = str(tmp_path / "alive")

    writer.turn()

    assert (tmp_path / "alive").exists()


def test_unwritable_alive_file_does_not_stop_the_writer(writer: HeartbeatWriter, settings) -> None:
    settings.DIIP_ALIVE_FILE = "/dev/null/alive"

    writer.turn()

    assert read_heartbeats(Kind.WORKER)


# --- queues -------------------------------------------------------------------------------------


def test_round_trip_stores_its_wait(empty_broker: redis.Redis) -> None:
    tasks.note_round_trip.apply(args=("sync",))
    heartbeats.note_round_trip("sync", heartbeats.waited(time.time() - 3))

    (trip,) = read_heartbeats(Kind.QUEUE)
    assert trip.name == "sync"
    assert 2900 < trip.facts["waited_ms"] < 60_000


def test_round_trip_without_broker_does_not_fail(settings) -> None:
    settings.REDIS_URL = SILENT

    heartbeats.note_round_trip("sync", None)


def test_beat_sends_a_round_trip_into_each_queue() -> None:
    from diip.celery import app

    sent = {
        (entry["args"][0], entry["options"]["queue"])
        for entry in app.conf.beat_schedule.values()
        if entry["task"] == "monitoring.tasks.note_round_trip"
    }

    assert sent == {(queue, queue) for queue in QUEUES}


@pytest.mark.parametrize(("sent_at", "seconds"), [(None, None), ("x", None), (1e12, 0)])
def test_invalid_send_time_gives_none(sent_at: object, seconds: float | None) -> None:
    waited = heartbeats.waited(sent_at)

    assert (waited and waited.total_seconds()) == seconds or waited == timedelta(0)


# --- the database -------------------------------------------------------------------------------


@pytest.fixture
def forbidden(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(BaseDatabaseWrapper, "connect", BaseDatabaseWrapper.connect)
    forbid_database()
    yield


@pytest.mark.django_db(transaction=True)
def test_forking_process_cannot_connect(forbidden: None) -> None:
    connection.close()

    with pytest.raises(DatabaseForbidden):
        connection.cursor()


@pytest.mark.django_db(transaction=True)
def test_forked_child_can_connect(forbidden: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getpid", lambda: 1)
    connection.close()

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_heartbeat_is_json(writer: HeartbeatWriter, empty_broker: redis.Redis) -> None:
    writer.write()

    assert json.loads(empty_broker.get("diip:heartbeat:worker:celery@here"))
