"""What the parent asks its children to measure, and what they answer."""

import math
from typing import Literal

import msgspec

from benchmarks.measure import Cost

Engine = Literal["postgresql", "sqlite"]

DELTA = 100
"""Issues changed before an incremental sync."""
LATENCY = 50
"""Milliseconds, where a distant tracker is played."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    trackers: str
    issues: int = 10_000
    rounds: int = 3
    sizes: tuple[int, ...] = (1_000, 10_000, 50_000)
    """How many issues are stored when the same delta comes."""

    @property
    def pages(self) -> int:
        return math.ceil(self.issues / 100)

    @property
    def peer_issues(self) -> int:
        """Fewer for the ORM loop, which takes minutes for all."""
        return max(self.issues // 20, 100)

    @property
    def feed_issues(self) -> int:
        """Fewer where all three feeds are read: they are some ten times as many rows."""
        return max(self.issues // 5, 100)


class Series(msgspec.Struct):
    """The same work in each round."""

    issues: int
    costs: list[Cost] = msgspec.field(default_factory=list)

    @property
    def walls(self) -> list[float]:
        return [cost.wall for cost in self.costs]

    @property
    def cpus(self) -> list[float]:
        return [cost.cpu for cost in self.costs]


class Figures(msgspec.Struct):
    series: dict[str, Series] = msgspec.field(default_factory=dict)
    numbers: dict[str, float] = msgspec.field(default_factory=dict)
    differences: list[str] = msgspec.field(default_factory=list)
    """What DIIP stored otherwise than the tracker has it."""

    def add(self, name: str, issues: int, cost: Cost) -> None:
        self.series.setdefault(name, Series(issues)).costs.append(cost)
