"""A real worker: its heartbeat in the broker, and its main process that opens no database."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from diip.common.queues.broker_socket import choose_broker_socket
from scripts import child_processes
from tests.platform import ROOT, Platform

pytestmark = pytest.mark.e2e
NAME = f"second@{socket.gethostname()}"
CELERY = (sys.executable, "-m", "celery", "-A", "diip", "--quiet")
CONNECT = f"""
from diip.celery import app
asked = app.control.inspect(destination=[{NAME!r}], timeout=60, limit=1)
print(asked._request("connect_to_database")[{NAME!r}])
"""


@pytest.fixture
def platform(
    tmp_path: Path, database_url: str | None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Platform]:
    monkeypatch.setenv("DIIP_HEARTBEAT_SECONDS", "0.5")
    monkeypatch.setenv("DIIP_HEARTBEAT_TIMEOUT", "4")
    with Platform(tmp_path / "var", database_url, simulator=False) as running:
        yield running


@pytest.fixture
def second_worker(platform: Platform) -> Iterator[subprocess.Popen[bytes]]:
    options = ("-n", NAME, "-c", "1", "--include", "tests.connecting_worker")
    env = {**platform.env, "DIIP_ALIVE_FILE": str(platform.var_dir / "alive")}
    with child_processes.start([*CELERY, "worker", *options], cwd=ROOT, env=env) as worker:
        platform.wait_for(lambda: NAME in heard(platform), 120)
        yield worker
        worker.kill()


def run_python(platform: Platform, code: str) -> str:
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=ROOT, env=platform.env, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def heard(platform: Platform) -> set[str]:
    """The workers whose heartbeats have not expired."""
    prefix = b"diip:heartbeat:worker:"
    with broker_of(platform) as client:
        return {key.removeprefix(prefix).decode() for key in client.keys(prefix + b"*")}


def broker_of(platform: Platform) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(choose_broker_socket(platform.var_dir)))


def test_the_main_process_of_a_worker_cannot_connect(
    platform: Platform, second_worker: subprocess.Popen[bytes]
) -> None:
    assert run_python(platform, CONNECT) == "DatabaseForbidden"
    assert not [file for file in open_files(second_worker.pid) if "sqlite" in file]


def open_files(pid: int) -> list[str]:
    return [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()]


def test_a_heartbeat_appears_and_fades(
    platform: Platform, second_worker: subprocess.Popen[bytes]
) -> None:
    alive_file = platform.var_dir / "alive"
    assert alive_file.exists()
    touched = alive_file.stat().st_mtime
    platform.wait_for(lambda: alive_file.stat().st_mtime > touched)

    second_worker.send_signal(signal.SIGKILL)

    platform.wait_for(lambda: NAME not in heard(platform))
    assert len(heard(platform)) == 1


def test_an_orderly_end_is_no_silence(
    platform: Platform, second_worker: subprocess.Popen[bytes]
) -> None:
    second_worker.send_signal(signal.SIGTERM)
    second_worker.wait()

    assert NAME not in heard(platform)
