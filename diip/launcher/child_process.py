"""One process under the supervisor's care: how it is started, heard and called when it ends."""

import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
STEADY_SECONDS = 30.0
"""Having run this long, a process counts as recovered."""


@dataclass(frozen=True)
class Service:
    """One process to keep alive."""

    name: str
    command: tuple[str, ...]
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0
    """Seconds between the wish to stop and the kill."""
    is_quiet: bool = False
    """Its lines are shown only when it fails."""
    restarts: bool = True
    """False: it has one thing to do and ends."""
    owns_terminal: bool = False
    """It writes to the terminal itself: what it prints is what the user came for."""


def say(name: str, text: str) -> None:
    with suppress(OSError, ValueError):  # the terminal may be gone already
        sys.stdout.write(f"{name:>9} | {text}\n")
        sys.stdout.flush()


class Child:
    """A service's process, and its history."""

    def __init__(self, service: Service, env: Mapping[str, str]) -> None:
        self.service = service
        self.env = env
        self.failures = 0
        self.restart_at: float | None = None
        self.is_muted = service.is_quiet
        self.tail: deque[str] = deque(maxlen=20)
        self.start()

    def start(self) -> None:
        self.restart_at = None
        self.started_at = time.monotonic()
        output = None if self.service.owns_terminal else subprocess.PIPE
        self.process = subprocess.Popen(  # noqa: S603 our own commands
            self.service.command,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            start_new_session=True,
        )
        if output:
            threading.Thread(target=self._relay, daemon=True).start()

    @property
    def group(self) -> int:
        return self.process.pid

    @property
    def exit_code(self) -> int | None:
        return self.process.poll()

    @property
    def is_lost(self) -> bool:
        """Dead, and nobody has seen to it."""
        return self.service.restarts and self.restart_at is None and self.exit_code is not None

    def how_it_ended(self) -> str:
        code = self.process.returncode
        if code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        return f"ended with code {code}"

    def next_delay(self) -> float:
        """Half a second, doubling with each failure in a row."""
        if time.monotonic() - self.started_at > STEADY_SECONDS:
            self.failures = 0
        self.failures += 1
        return min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** (self.failures - 1))

    def show_tail(self) -> None:
        if self.is_muted:
            for line in self.tail:
                say(self.service.name, line)

    def _relay(self) -> None:
        for raw in self.process.stdout or ():
            line = raw.decode(errors="replace").rstrip()
            self.tail.append(line)
            if not self.is_muted:
                say(self.service.name, line)
