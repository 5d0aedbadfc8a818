"""Supervisor with minimal processes."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from diip.launcher.child_process import Service
from diip.launcher.supervisor import StartFailed, StopRequested, Supervisor


def service(name: str, command: str, **options) -> Service:
    return Service(name, ("sh", "-c", command), **options)


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setattr("diip.launcher.supervisor.TICK", 0.005)
    monkeypatch.setattr("diip.launcher.child_process.FIRST_DELAY", 0.01)
    handlers = {number: signal.getsignal(number) for number in (2, 15, 1)}
    lock = os.open(tmp_path, os.O_RDONLY)
    with Supervisor({"PATH": os.environ["PATH"]}, lock) as running:
        yield running
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_dead_process_is_restarted(supervisor: Supervisor) -> None:
    supervisor.start(service("worker", "exec sleep 60"))
    child = supervisor.children[0]
    first = child.process.pid

    os.kill(first, signal.SIGKILL)
    supervisor.wait_for(lambda: child.process.pid != first and child.exit_code is None, 60)

    assert child.process.pid != first
    assert child.failures == 1


def test_children_of_a_dead_process_are_killed(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(service("worker", f"sleep 60 & echo $! > {tmp_path}/pid; wait"))
    pid_file = tmp_path / "pid"
    supervisor.wait_for(lambda: pid_file.exists() and pid_file.read_text(), 60)
    left_over = int(pid_file.read_text())

    os.kill(supervisor.children[0].process.pid, signal.SIGKILL)

    assert supervisor.wait_for(lambda: not Path(f"/proc/{left_over}/exe").exists(), 60)


def test_repeatedly_failing_process_fails_the_start(
    supervisor: Supervisor, capsys: pytest.CaptureFixture
) -> None:
    supervisor.start(service("web", "echo no such module; exit 3", is_quiet=True))

    with pytest.raises(StartFailed, match="web does not start"):
        supervisor.wait_for(lambda: False, 60)

    assert "no such module" in capsys.readouterr().out


def test_one_shot_is_run_once(supervisor: Supervisor) -> None:
    assert supervisor.run_once(service("migrate", "exit 4", restarts=False)) == 4
    assert supervisor.children == []


def test_signal_ends_the_wait(supervisor: Supervisor) -> None:
    os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(StopRequested):
        supervisor.wait_for(lambda: False)


def test_unresponsive_process_is_killed_after_its_grace(supervisor: Supervisor) -> None:
    supervisor.start(service("web", "trap '' TERM; echo up; sleep 60", grace=0.1))
    child = supervisor.children[0]
    supervisor.wait_for(lambda: "up" in child.tail, 60)

    supervisor._end(child)

    assert child.exit_code == -signal.SIGKILL


def test_process_gets_the_given_environment(supervisor: Supervisor) -> None:
    command = (sys.executable, "-c", "import os; raise SystemExit('HOME' in os.environ)")

    assert supervisor.run_once(Service("probe", command, restarts=False)) == 0
