"""Child processes that end with this process, however it ends.

process = start(["redis-server", …], stdout=DEVNULL)

Each leads its own session. A helper process (`diip.launcher.orphan_watchdog`) reads their
groups from a pipe and ends them when the pipe closes, even after `kill -9`.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class ChildProcesses:
    """Running children of this process, registered with an orphan watchdog."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._living: list[subprocess.Popen[bytes]] = []
        self._pipe, self._owner = -1, 0

    def start(self, command: Sequence[str | Path], **options: Any) -> subprocess.Popen[bytes]:
        with self._lock:
            self._start_watchdog()
            process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 our own commands
                command, start_new_session=True, **options
            )
            self._living.append(process)
            self._update_watchdog()
        return process

    def forget_ended(self) -> None:
        """Unregister ended children, because their group ids may be reused."""
        with self._lock:
            if self._owner == os.getpid():
                self._update_watchdog()

    def _start_watchdog(self) -> None:
        """Start the orphan watchdog once per process; a fork starts its own."""
        if self._owner == os.getpid():
            return
        read_end, self._pipe = os.pipe()
        self._owner, self._living = os.getpid(), []
        subprocess.Popen(
            [sys.executable, "-m", "diip.launcher.orphan_watchdog"],
            cwd=ROOT,
            stdin=read_end,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(read_end)

    def _update_watchdog(self) -> None:
        self._living = [process for process in self._living if process.returncode is None]
        groups = " ".join(str(process.pid) for process in self._living[::-1])
        with suppress(BrokenPipeError):
            os.write(self._pipe, f"{groups}\n".encode())


_children = ChildProcesses()
start = _children.start
forget_ended = _children.forget_ended
