"""How much memory each of the platform's processes holds, sample by sample."""

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import NamedTuple

MIB = 1024 * 1024
ALLOWED_GROWTH = 50.0
"""MiB."""
WARM_UP = 120.0
"""Seconds of a process's life in which it loads what it needs."""
LONG_ENOUGH = 300.0
"""Seconds of life after which a growth means something."""
ROLES = {
    "diip.launcher.orphan_watchdog": "leash",
    "run_platform": "supervisor",
    "gunicorn": "web",
    "beat": "beat",
    "worker": "worker",
}


class Process(NamedTuple):
    pid: int
    role: str
    mebibytes: float


def find_processes(var_dir: Path) -> Iterator[Process]:
    """Those that run for this directory (Linux)."""
    mark = f"DIIP_VAR_DIR={var_dir}\0".encode()
    parents: dict[int, str] = {}
    for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda each: int(each.name)):
        try:
            if mark not in (folder / "environ").read_bytes():
                continue
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            pages = int((folder / "statm").read_text().split()[1])
        except (OSError, ValueError, IndexError):  # ended meanwhile, or somebody else's
            continue
        role = next((name for word, name in ROLES.items() if word in words), "other")
        pid = int(folder.name)
        parents[pid] = role
        if role == parents.get(parent) and role in ("web", "worker"):
            role = f"{role} child"
        yield Process(pid, role, pages * os.sysconf("SC_PAGE_SIZE") / MIB)


@dataclass(frozen=True)
class Growth:
    role: str
    lifetime: float
    first: float
    """MiB after the warm-up."""
    peak: float
    growth: float
    """MiB, from the first quarter after the warm-up to the last."""
    slope: float
    """MiB an hour."""


@dataclass
class Memory:
    """Samples by process."""

    samples: dict[tuple[int, str], list[tuple[float, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def sample(self, var_dir: Path) -> None:
        now = time.monotonic()
        for process in find_processes(var_dir):
            self.samples[process.pid, process.role].append((now, process.mebibytes))

    def growths(self) -> list[Growth]:
        """Of those that lived long enough, worst first."""
        found = [
            growth
            for (_, role), samples in self.samples.items()
            if (growth := judge(role, samples)) is not None
        ]
        return sorted(found, key=lambda each: -each.growth)

    def by_role(self) -> dict[str, tuple[int, float]]:
        """How many there were, and the most that one of them held."""
        roles: dict[str, tuple[int, float]] = {}
        for (_, role), samples in sorted(self.samples.items(), key=lambda each: each[0][1]):
            count, most = roles.get(role, (0, 0.0))
            roles[role] = (count + 1, max(most, *(mib for _, mib in samples), 0.0))
        return roles


def judge(role: str, samples: list[tuple[float, float]]) -> Growth | None:
    born = samples[0][0]
    warm = [(at, mib) for at, mib in samples if at - born >= WARM_UP]
    lifetime = samples[-1][0] - born
    if lifetime < LONG_ENOUGH or len(warm) < 8:
        return None
    quarter = len(warm) // 4
    first = median(mib for _, mib in warm[:quarter])
    last = median(mib for _, mib in warm[-quarter:])
    peak = max(mib for _, mib in samples)
    return Growth(role, lifetime, first, peak, last - first, slope_of(warm) * 3600)


def slope_of(points: list[tuple[float, float]]) -> float:
    """Least squares."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    if not spread:
        return 0.0
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
