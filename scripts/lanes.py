"""Lanes that run the gate's commands and measure their cost.

A lane runs its commands one after another. The live lane shows output line by line, the other
when a command ends.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from scripts import child_processes

ROOT = Path(__file__).resolve().parent.parent
NOT_INHERITED = (
    *("DATABASE_URL", "REDIS_URL", "DEBUG", "PORT", "DIIP_VAR_DIR"),
    "PYTHONDONTWRITEBYTECODE",  # many processes would compile everything again
)
"""Variables removed, so that checks do not depend on the developer's configuration."""
GRACE_SECONDS = 20.0
_terminal = threading.Lock()


def show(text: str) -> None:
    with _terminal:
        sys.stdout.write(text)
        sys.stdout.flush()


def say(text: str) -> None:
    show(f"check: {text}\n")


@dataclass
class Lane:
    """Sequence of commands, with the servers for tests."""

    is_live: bool = True
    servers: Mapping[str, str] = field(default_factory=dict)
    """Environment of the servers: `DATABASE_URL` and others."""
    cpu_seconds: float = 0.0
    """CPU seconds of all commands so far, with awaited children."""
    is_stopped: bool = False
    _running: "subprocess.Popen[bytes] | None" = None
    _starting: threading.Lock = field(default_factory=threading.Lock)

    def run(self, *command: str, **env: str) -> bool:
        """Run a command and show its output; return True on success."""
        with own_environment(env) as given:
            process = self._start(command, given)
            if process is None:
                return False
            self._show_output(process.stdout)
            return self._wait_for(process) == 0

    def stop(self) -> None:
        """Interrupt the command, kill it after the grace time, and start no more."""
        with self._starting:
            self.is_stopped = True
        process = self._running
        if process:
            _signal_group(process, signal.SIGINT)
            killer = threading.Timer(GRACE_SECONDS, _signal_group, (process, signal.SIGKILL))
            killer.daemon = True
            killer.start()

    def _start(
        self, command: Sequence[str], env: Mapping[str, str]
    ) -> "subprocess.Popen[bytes] | None":
        pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with self._starting:
            if not self.is_stopped:
                self._running = child_processes.start(command, cwd=ROOT, env=env, **pipe)
        return self._running

    def _show_output(self, lines: IO[bytes] | None) -> None:
        """Show complete lines only, because the other lane may write between them."""
        if lines is None:
            return
        with lines:
            for part in lines if self.is_live else [lines.read()]:
                show(part.decode(errors="replace"))

    def _wait_for(self, process: subprocess.Popen[bytes]) -> int:
        """Return the exit code and add the CPU seconds, which `wait4` reports."""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_seconds += used.ru_utime + used.ru_stime
        self._running = None
        child_processes.forget_ended()
        return process.returncode


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    if process.returncode is None:
        os.killpg(process.pid, number)


@contextmanager
def own_environment(given: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield the environment of one command: a separate VAR_DIR, no developer settings."""
    kept = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    with tempfile.TemporaryDirectory(prefix="diip-check-") as var_dir:
        yield {**kept, "DIIP_ENV_FILE": "", "DIIP_VAR_DIR": var_dir, **given}


Stage = Callable[[Lane], bool]
"""Function that runs a stage; True if all commands succeeded."""


@dataclass(frozen=True)
class Cost:
    """Cost of one stage."""

    stage: str
    passed: bool
    seconds: float
    cpu_seconds: float


def measure(lane: Lane, name: str, stage: Stage) -> Cost:
    say(f"{name}: started")
    started, used = time.monotonic(), lane.cpu_seconds
    passed = stage(lane)
    cost = Cost(name, passed, time.monotonic() - started, lane.cpu_seconds - used)
    word = "ok" if passed else "FAILED"
    say(f"{name}: {word} ({cost.seconds:.0f} s, {cost.cpu_seconds:.0f} CPU s)")
    return cost
