"""What a container's probe says: by the file that the main loop touches, not by the broker."""

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


def test_a_loop_that_turns_is_alive_whatever_the_broker_does(alive_file: Path) -> None:
    env = {"PATH": "", "DIIP_ALIVE_FILE": str(alive_file), "REDIS_URL": "redis://127.0.0.1:1/0"}
    command = [sys.executable, "-m", "monitoring.readiness_check", "worker"]

    assert subprocess.run(command, cwd=ROOT, env=env, check=False).returncode == 0


def test_a_loop_that_stands_still_beside_a_broker_is_dead(alive_file: Path, empty_broker) -> None:
    age(alive_file, 181)

    assert not readiness_check.is_alive(alive_file, 180)
    age(alive_file, 100)
    assert readiness_check.is_alive(alive_file, 180)


def test_one_that_never_turned_is_not_there_yet(tmp_path: Path, empty_broker) -> None:
    assert not readiness_check.is_alive(tmp_path / "none", 180)


def test_a_loop_that_waits_for_the_broker_is_not_restarted(alive_file: Path, settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    age(alive_file, 1000)

    assert readiness_check.is_alive(alive_file, 180)
    assert readiness_check.is_alive(alive_file.with_name("none"), 180)
