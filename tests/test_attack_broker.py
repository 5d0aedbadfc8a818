"""Who can write to the broker gives no orders that were not meant: a real worker is asked."""

import os
from pathlib import Path

import pytest
import redis
from celery import Celery
from kombu.serialization import enable_insecure_serializers

from diip.common.broker_socket import choose_broker_socket
from diip.common.queues import INTERACTIVE

pytestmark = pytest.mark.e2e


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
