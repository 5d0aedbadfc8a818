"""Task counts and failures that are not stored yet."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

MOST_TALLIES = 5_000
MOST_FAILURES = 500


@dataclass(frozen=True, order=True)
class Kind:
    """Key of a tally."""

    minute: datetime
    queue: str
    task: str


@dataclass
class Tally:
    succeeded: int = 0
    failed: int = 0
    total_ms: int = 0
    longest_ms: int = 0
    waited_ms: int = 0

    def add(self, other: "Tally") -> None:
        self.succeeded += other.succeeded
        self.failed += other.failed
        self.total_ms += other.total_ms
        self.longest_ms = max(self.longest_ms, other.longest_ms)
        self.waited_ms += other.waited_ms


@dataclass(frozen=True)
class Failure:
    id: UUID
    task: str
    queue: str
    arguments: object
    error: str
    message: str
    at: datetime
    worker: str = ""


@dataclass
class Unwritten:
    tallies: dict[Kind, Tally] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    recovered: dict[UUID, datetime] = field(default_factory=dict)
    """Times of success, by id, of tasks that had failed before."""

    def __bool__(self) -> bool:
        return bool(self.tallies or self.failures or self.recovered)

    def add(self, newer: "Unwritten") -> None:
        for kind, tally in newer.tallies.items():
            self.tally(kind, tally)
        self.failures = (self.failures + newer.failures)[-MOST_FAILURES:]
        self.recovered |= newer.recovered

    def tally(self, kind: Kind, tally: Tally) -> None:
        if kind in self.tallies:
            self.tallies[kind].add(tally)
        elif len(self.tallies) < MOST_TALLIES:
            self.tallies[kind] = tally
