"""The platform as its users start it: real processes on this machine."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis
from celery import Celery
from kombu.serialization import enable_insecure_serializers

from diip.common.queues.broker_socket import choose_broker_socket
from diip.common.queues.names import INTERACTIVE
from tests.platform import ROOT, Platform

pytestmark = pytest.mark.e2e


def test_it_serves(lasting_platform: Platform) -> None:
    ready = lasting_platform.api("GET", "/readyz")
    token = lasting_platform.register("ann@example.com")
    me = lasting_platform.api("GET", "/api/auth/me/", token=token)

    assert ready.status == 200
    assert me.data["email"] == "ann@example.com"


def test_a_killed_worker_comes_back(lasting_platform: Platform) -> None:
    first = lasting_platform.pids()["worker"]

    os.kill(first, signal.SIGKILL)
    lasting_platform.wait_for(lambda: lasting_platform.pids()["worker"] != first)

    assert lasting_platform.api("GET", "/readyz").status == 200
    assert "was killed by SIGKILL" in lasting_platform.log


def test_a_second_start_in_the_same_place_is_refused(lasting_platform: Platform) -> None:
    command = [sys.executable, "manage.py", "run_platform", "--port", "1"]

    second = subprocess.run(
        command, cwd=ROOT, env=lasting_platform.env, capture_output=True, text=True, check=False
    )

    assert second.returncode == 1
    assert "already running in" in second.stderr
    assert lasting_platform.api("GET", "/healthz").status == 200


def test_a_taken_port_is_named(lasting_platform: Platform, tmp_path: Path) -> None:
    other = Platform(tmp_path / "other", simulator=False)
    other.command[-1] = str(lasting_platform.port)

    with pytest.raises(AssertionError, match=f"Port {lasting_platform.port} is not available"):
        other.start()


def test_nothing_remains_after_kill_and_after_ctrl_c(platform: Platform) -> None:
    platform.kill()
    platform.wait_for(lambda: platform.leftovers() == [])
    platform.start()

    assert platform.api("GET", "/readyz").status == 200
    assert platform.leftovers()
    assert platform.stop() == 0
    assert platform.leftovers() == []
    assert list(platform.var_dir.glob("*.sock")) == []


# --- who can write to the broker gives no orders that were not meant ----------------------------


class Harm:
    """Makes a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.fixture
def broker(lasting_platform):
    given = lasting_platform.env.get("REDIS_URL")
    socket = choose_broker_socket(lasting_platform.var_dir)
    url = given or f"redis+socket://{socket}?virtual_host=0"
    with Celery(broker=url, set_as_current=False) as app:
        yield app


@pytest.fixture
def queue(lasting_platform):
    given = lasting_platform.env.get("REDIS_URL")
    socket = str(choose_broker_socket(lasting_platform.var_dir))
    client = redis.Redis.from_url(given) if given else redis.Redis(unix_socket_path=socket)
    with client:
        yield client


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_pickles_foreign_tasks_and_odd_arguments_are_refused(
    lasting_platform, broker, queue, tmp_path
):
    enable_insecure_serializers(["pickle"])
    worker, mark = lasting_platform.pids()["worker"], tmp_path / "unpickled"
    name, options = "issues.tasks.start_due_syncs", {"queue": INTERACTIVE}

    broker.send_task(name, (Harm(mark),), serializer="pickle", **options)
    broker.send_task("os.system", ("touch /nowhere",), **options)
    broker.send_task("subprocess.run", kwargs={"args": ["true"]}, **options)
    broker.send_task(name, ("too", "many", {"__class__": "os"}), **options)
    broker.send_task(name, **options)

    lasting_platform.wait_for(lambda: not queue.llen(INTERACTIVE) and not queue.hlen("unacked"))
    assert not mark.exists()
    assert is_alive(worker)
    assert lasting_platform.pids()["worker"] == worker
