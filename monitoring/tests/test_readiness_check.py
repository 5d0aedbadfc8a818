"""Container probe: based on the file of the main loop, not on the broker."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from monitoring import readiness_check

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def alive_file(tmp_path: Path) -> Path:
    file = tmp_path / "alive"
    file.touch()
    return file


def age(file: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(file, (then, then))


def test_running_loop_is_alive_without_broker(alive_file: Path) -> None:
    env = {"PATH": "", "DIIP_ALIVE_FILE": str(alive_file), "REDIS_URL": "redis://127.0.0.1:1/0"}
    command = [sys.executable, "-m", "monitoring.readiness_check", "worker"]

    assert subprocess.run(command, cwd=ROOT, env=env, check=False).returncode == 0


def test_hanging_loop_with_broker_is_dead(alive_file: Path, empty_broker) -> None:
    age(alive_file, 181)

    assert not readiness_check.is_alive(alive_file, 180)
    age(alive_file, 100)
    assert readiness_check.is_alive(alive_file, 180)


def test_missing_alive_file_is_not_alive(tmp_path: Path, empty_broker) -> None:
    assert not readiness_check.is_alive(tmp_path / "none", 180)


def test_loop_waiting_for_broker_is_alive(alive_file: Path, settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    age(alive_file, 1000)

    assert readiness_check.is_alive(alive_file, 180)
    assert readiness_check.is_alive(alive_file.with_name("none"), 180)
