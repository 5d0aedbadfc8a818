"""Supervisor that keeps processes running and ends them together.

Each process leads its own session: Ctrl-C reaches only the supervisor, and the process's children
(a worker's pool) end with it.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Self

from diip.launcher.child_process import Child, Service, say
from diip.launcher.orphan_watchdog import signal_group

TICK = 0.1
FAILURES_AT_START = 3


class StartFailed(Exception):
    """Failure to start the platform; the message gives the reason."""


class StopRequested(Exception):
    """Stop requested by the user during a wait."""


class OrphanWatchdog:
    """Process that cleans up if this one is killed; it holds the lock."""

    def __init__(self, lock: int) -> None:
        self.lock = lock
        self._start()

    def update(self, groups: list[int]) -> None:
        if self.process.poll() is not None:
            os.close(self.pipe)
            self._start()
        with suppress(BrokenPipeError):
            os.write(self.pipe, (" ".join(map(str, groups)) + "\n").encode())

    def release(self) -> None:
        self.update([])
        os.close(self.pipe)
        self.process.wait()

    def _start(self) -> None:
        read_end, self.pipe = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "diip.launcher.orphan_watchdog"],
            stdin=read_end,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=[self.lock],
        )
        os.close(read_end)


class Supervisor:
    """Context manager that ends all started processes on exit, the last one first."""

    def __init__(self, env: Mapping[str, str], lock: int) -> None:
        self.env = env
        self.children: list[Child] = []
        self.stop_requests = 0
        self.requested_at = 0.0
        self.is_starting = True
        self.orphan_watchdog = OrphanWatchdog(lock)

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
                signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for child in reversed(self.children):
            self._end(child)
        self.orphan_watchdog.release()

    def start(self, service: Service) -> None:
        self.children.append(Child(service, self.env))
        self._update_watchdog()
        self._announce(self.children[-1])

    def run_once(self, service: Service) -> int:
        """Run `service` to its end beside the others; return its exit code."""
        child = Child(service, self.env)
        self.children.append(child)
        self._update_watchdog()
        self.wait_for(lambda: child.exit_code is not None)
        self.children.remove(child)
        self._kill_group(child)
        if child.process.returncode:
            child.show_tail()
        return child.process.returncode

    def wait_for(self, condition: Callable[[], bool], seconds: float = float("inf")) -> bool:
        """Supervise until `condition` holds; False on timeout. Raises StopRequested."""
        deadline = time.monotonic() + seconds
        while not condition():
            if self.stop_requests:
                raise StopRequested
            if time.monotonic() > deadline:
                return False
            self._restart_ended()
            time.sleep(TICK)
        return True

    def wait_for_stop(self) -> None:
        self.is_starting = False
        with suppress(StopRequested):
            self.wait_for(lambda: False)

    def _restart_ended(self) -> None:
        for child in self.children:
            if child.restart_at is not None and time.monotonic() >= child.restart_at:
                child.start()
                self._update_watchdog()
                self._announce(child)
            elif child.is_lost:
                self._plan_restart(child)

    def _plan_restart(self, child: Child) -> None:
        self._kill_group(child)
        delay = child.next_delay()
        child.restart_at = time.monotonic() + delay
        child.show_tail()
        say(child.service.name, f"{child.describe_exit()}; restarting in {delay:g} s")
        if self.is_starting and child.failures >= FAILURES_AT_START:
            raise StartFailed(f"{child.service.name} does not start. See its lines above.")

    def _announce(self, child: Child) -> None:
        say("diip", f"{child.service.name} started (pid {child.process.pid})")

    def _update_watchdog(self) -> None:
        living = [child.group for child in self.children if child.restart_at is None]
        self.orphan_watchdog.update(living[::-1])

    def _kill_group(self, child: Child) -> None:
        """Kill the rest of a dead process's group."""
        signal_group(child.group, signal.SIGKILL)
        self._update_watchdog()

    def _end(self, child: Child) -> None:
        if child.restart_at is not None:  # ended and cleaned up already
            return
        if child.exit_code is None:
            self._stop(child)
        signal_group(child.group, signal.SIGKILL)
        child.process.wait()

    def _stop(self, child: Child) -> None:
        """Stop the process and wait for its grace time, or for a second request."""
        child.is_muted = True  # hides Celery's "Ctrl+C again terminates all tasks"
        child.process.send_signal(child.service.stop_signal)
        deadline = time.monotonic() + child.service.grace
        while child.exit_code is None and time.monotonic() < deadline and self.stop_requests < 2:
            time.sleep(TICK / 2)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """Count a stop request; terminal, make and shell may repeat it within a second."""
        if time.monotonic() - self.requested_at > 1:
            self.stop_requests += 1
        self.requested_at = time.monotonic()
