"""Keeps a set of processes alive together and ends them together.

Each leads a session of its own: the terminal's Ctrl-C reaches the supervisor only, and whatever a
process has started itself (a worker's pool) is ended with it.
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
    """The platform cannot come up; the message says why."""


class StopAsked(Exception):
    """The user wants an end while something is being waited for."""


class Leash:
    """The process that cleans up should this one be killed. It holds the lock until it has."""

    def __init__(self, lock: int) -> None:
        self.lock = lock
        self._start()

    def hold(self, groups: list[int]) -> None:
        if self.process.poll() is not None:
            os.close(self.pipe)
            self._start()
        with suppress(BrokenPipeError):
            os.write(self.pipe, (" ".join(map(str, groups)) + "\n").encode())

    def release(self) -> None:
        self.hold([])
        os.close(self.pipe)
        self.process.wait()

    def _start(self) -> None:
        listening_end, self.pipe = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "diip.launcher.orphan_watchdog"],
            stdin=listening_end,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=[self.lock],
        )
        os.close(listening_end)


class Supervisor:
    """Used as a context: leaving it ends everything that was started, the last one first."""

    def __init__(self, env: Mapping[str, str], lock: int) -> None:
        self.env = env
        self.children: list[Child] = []
        self.stop_requests = 0
        self.asked_at = 0.0
        self.is_starting = True
        self.leash = Leash(lock)

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
        self.leash.release()

    def start(self, service: Service) -> None:
        self.children.append(Child(service, self.env))
        self._tell_leash()
        self._announce(self.children[-1])

    def run_once(self, service: Service) -> int:
        """Run `service` to its end beside the others; its exit code."""
        child = Child(service, self.env)
        self.children.append(child)
        self._tell_leash()
        self.wait_for(lambda: child.exit_code is not None)
        self.children.remove(child)
        self._bury(child)
        if child.process.returncode:
            child.show_tail()
        return child.process.returncode

    def wait_for(self, condition: Callable[[], bool], seconds: float = float("inf")) -> bool:
        """Tend the processes until `condition` holds; False when it does not in time."""
        deadline = time.monotonic() + seconds
        while not condition():
            if self.stop_requests:
                raise StopAsked
            if time.monotonic() > deadline:
                return False
            self._tend()
            time.sleep(TICK)
        return True

    def wait_for_stop(self) -> None:
        self.is_starting = False
        with suppress(StopAsked):
            self.wait_for(lambda: False)

    def _tend(self) -> None:
        for child in self.children:
            if child.restart_at is not None and time.monotonic() >= child.restart_at:
                child.start()
                self._tell_leash()
                self._announce(child)
            elif child.is_lost:
                self._plan_restart(child)

    def _plan_restart(self, child: Child) -> None:
        self._bury(child)
        delay = child.next_delay()
        child.restart_at = time.monotonic() + delay
        child.show_tail()
        say(child.service.name, f"{child.how_it_ended()}; starting it again in {delay:g} s")
        if self.is_starting and child.failures >= FAILURES_AT_START:
            raise StartFailed(f"{child.service.name} does not start; its lines above say why.")

    def _announce(self, child: Child) -> None:
        say("diip", f"{child.service.name} started (pid {child.process.pid})")

    def _tell_leash(self) -> None:
        living = [child.group for child in self.children if child.restart_at is None]
        self.leash.hold(living[::-1])

    def _bury(self, child: Child) -> None:
        """End what a dead process left in its group."""
        signal_group(child.group, signal.SIGKILL)
        self._tell_leash()

    def _end(self, child: Child) -> None:
        if child.restart_at is not None:  # dead and buried already
            return
        if child.exit_code is None:
            self._ask_to_end(child)
        signal_group(child.group, signal.SIGKILL)
        child.process.wait()

    def _ask_to_end(self, child: Child) -> None:
        """Wait out the grace, unless the user asks a second time."""
        child.is_muted = True  # Celery's "Ctrl+C again terminates all tasks" is not for our users
        child.process.send_signal(child.service.stop_signal)
        deadline = time.monotonic() + child.service.grace
        while child.exit_code is None and time.monotonic() < deadline and self.stop_requests < 2:
            time.sleep(TICK / 2)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """A terminal, make and a shell may all pass on one wish: within a second it counts once."""
        if time.monotonic() - self.asked_at > 1:
            self.stop_requests += 1
        self.asked_at = time.monotonic()
