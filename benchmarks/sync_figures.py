"""Plans sent to the measuring processes and the figures they return."""

import math
from typing import Literal

import msgspec

from benchmarks.measure import Cost

Engine = Literal["postgresql", "sqlite"]

DELTA = 100
"""Issues changed before an incremental sync."""
LATENCY = 50
"""Simulated latency of a distant tracker in milliseconds."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    trackers: str
    issues: int = 10_000
    rounds: int = 3
    sizes: tuple[int, ...] = (1_000, 10_000, 50_000)
    """Numbers of stored issues at which the same delta is measured."""

    @property
    def pages(self) -> int:
        return math.ceil(self.issues / 100)

    @property
    def peer_issues(self) -> int:
        """Return the issues for the ORM loop; fewer, because all take minutes."""
        return max(self.issues // 20, 100)

    @property
    def feed_issues(self) -> int:
        """Return the issues for all three feeds; fewer, because rows are about tenfold."""
        return max(self.issues // 5, 100)


class Series(msgspec.Struct):
    """Costs of the same work per round."""

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
    """Differences between DIIP's table and the tracker."""

    def add(self, name: str, issues: int, cost: Cost) -> None:
        self.series.setdefault(name, Series(issues)).costs.append(cost)
