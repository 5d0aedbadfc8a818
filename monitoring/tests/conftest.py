import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import redis
from pytest_django.fixtures import Settings

from diip.launcher import processes
from monitoring import broker
from monitoring.health import parallel_probes, reporting
from projects.tests.people import team
from scripts import child_processes

__all__ = ["team"]


@pytest.fixture
def inline_probes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run probes in the test's thread, which sees its uncommitted rows."""
    monkeypatch.setattr(
        parallel_probes,
        "run_all",
        lambda probes: tuple(parallel_probes.run_one(probe) for probe in probes),
    )
    reporting._last.clear()
    yield
    reporting._last.clear()


@pytest.fixture(scope="session")
def own_broker_url() -> Iterator[str]:
    """Start a real broker for this test process."""
    server = broker.find_server()
    assert server, "neither Valkey nor Redis is installed"
    with tempfile.TemporaryDirectory(prefix="diip-") as folder:
        socket = Path(folder, "s")
        command = processes.broker(server, socket, Path(folder)).command
        with child_processes.start(command, stdout=subprocess.DEVNULL) as process:
            url = f"unix://{socket}"
            while process.poll() is None and not _answers(url):
                pass
            yield url
            process.terminate()


def _answers(url: str) -> bool:
    with suppress(redis.ConnectionError), redis.Redis.from_url(url) as client:
        return bool(client.ping())
    return False


@pytest.fixture
def empty_broker(own_broker_url: str, settings: Settings) -> redis.Redis:
    """Empty the broker and return a client."""
    settings.REDIS_URL = own_broker_url
    client = redis.Redis.from_url(own_broker_url)
    client.flushall()
    return client
