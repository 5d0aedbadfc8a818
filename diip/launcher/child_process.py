"""Child process of the supervisor: start, output and exit."""

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
MAX_DELAY = 30.0
STEADY_SECONDS = 30.0
"""Runtime after which a process counts as recovered."""


@dataclass(frozen=True)
class Service:
    """Definition of a process to keep running."""

    name: str
    command: tuple[str, ...]
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0
    """Seconds between the stop signal and the kill."""
    is_quiet: bool = False
    """Show its output only on failure."""
    restarts: bool = True
    """Restart the process when it ends; False for one-shot commands."""
    owns_terminal: bool = False
    """Write to the terminal directly, without a prefix."""


def say(name: str, text: str) -> None:
    with suppress(OSError, ValueError):  # the terminal may be gone already
        sys.stdout.write(f"{name:>9} | {text}\n")
        sys.stdout.flush()


class Child:
    """Running process of a service, with its failures."""

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
        """Return True if it ended and no restart is planned."""
        return self.service.restarts and self.restart_at is None and self.exit_code is not None

    def describe_exit(self) -> str:
        code = self.process.returncode
        if code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        return f"ended with code {code}"

    def next_delay(self) -> float:
        """Return the restart delay in seconds: 0.5, doubled per consecutive failure."""
        if time.monotonic() - self.started_at > STEADY_SECONDS:
            self.failures = 0
        self.failures += 1
        return min(MAX_DELAY, FIRST_DELAY * 2.0 ** (self.failures - 1))

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
