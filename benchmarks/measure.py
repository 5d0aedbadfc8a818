"""Cost of work: wall clock, and CPU seconds of this process and the database backend."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median

import msgspec

_TICKS = os.sysconf("SC_CLK_TCK")


class Cost(msgspec.Struct, frozen=True):
    wall: float
    client: float
    """CPU seconds of this process."""
    database: float | None = None
    """CPU seconds of the backend; None if absent or not readable."""

    @property
    def cpu(self) -> float:
        return self.client + (self.database or 0.0)


def measure(work: Callable[[], object], backend: int | None = None) -> Cost:
    """Measure `work`; `backend` is the process id of a local PostgreSQL backend."""
    database = backend_seconds(backend)
    client, wall = time.process_time(), time.perf_counter()
    work()
    wall, client = time.perf_counter() - wall, time.process_time() - client
    after = backend_seconds(backend)
    spent = None if database is None or after is None else after - database
    return Cost(wall, client, spent)


def backend_seconds(pid: int | None) -> float | None:
    if pid is None:
        return None
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None  # another machine, or not Linux
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def ratio(costs: Sequence[float], floors: Sequence[float]) -> float:
    """Return the median ratio per round, whose two sides were measured in turn."""
    return median(cost / floor for cost, floor in zip(costs, floors, strict=True))


def table(rows: Iterable[Sequence[str]]) -> str:
    """Format rows as aligned columns; the first row is the heading."""
    cells = [list(row) for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)
