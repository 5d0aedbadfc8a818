"""Goals of the sync benchmark and their verdicts. Lower is better for all."""

from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.measure import ratio
from benchmarks.sync_figures import DELTA, Engine, Figures, Plan


@dataclass(frozen=True)
class Results:
    plan: Plan
    figures: dict[Engine, Figures]
    memory: dict[int, float] = field(default_factory=dict)
    """Peak MB above the idle worker, by number of issues."""

    def walls(self, engine: Engine, name: str) -> list[float]:
        return self.figures[engine].series[name].walls

    def cpus(self, engine: Engine, name: str) -> list[float]:
        return self.figures[engine].series[name].cpus

    def wall_ratio(self, engine: Engine, name: str, floor: str) -> float:
        return ratio(self.walls(engine, name), self.walls(engine, floor))

    def number(self, name: str) -> float:
        """Return a count from any measured database; it is the same on all."""
        return next(iter(self.figures.values())).numbers[name]


@dataclass(frozen=True)
class Goal:
    name: str
    text: str
    must: float
    stretch: float
    measured: Callable[[Results], float]
    """Function of the results; raises KeyError if a figure was not measured."""

    def row(self, results: Results) -> tuple[str, ...]:
        try:
            measured = self.measured(results)
        except (KeyError, StopIteration):
            return (self.name, self.text, f"{self.must:g}", f"{self.stretch:g}", "-", "-")
        figure = f"{measured:.3g}"
        return (self.name, self.text, f"{self.must:g}", f"{self.stretch:g}", figure,
                self.verdict(measured))  # fmt: skip

    def verdict(self, measured: float) -> str:
        if measured <= self.stretch:
            return "stretch"
        return "must" if measured <= self.must else "MISSED"


def rows(results: Results) -> list[tuple[str, ...]]:
    heading = ("goal", "what", "must", "stretch", "measured", "verdict")
    return [heading, *(goal.row(results) for goal in GOALS)]


def _first(engine: Engine) -> Callable[[Results], float]:
    return lambda results: results.wall_ratio(engine, "first: DIIP", "first: floor")


def _first_cpu(results: Results) -> float:
    return ratio(
        results.cpus("postgresql", "first: DIIP"), results.cpus("postgresql", "first: floor")
    )


def _distant(results: Results) -> float:
    return results.wall_ratio("postgresql", "50 ms: DIIP", "50 ms: fetch and parse")


def _delta_name(size: int) -> str:
    return f"delta of 100: DIIP, {size:,} stored"


def _delta(engine: Engine) -> Callable[[Results], float]:
    return lambda results: results.wall_ratio(
        engine, _delta_name(results.plan.issues), "delta of 100: floor"
    )


def _growth(engine: Engine) -> Callable[[Results], float]:
    return lambda results: results.wall_ratio(
        engine, _delta_name(max(results.plan.sizes)), _delta_name(min(results.plan.sizes))
    )


def _memory(results: Results) -> float:
    return results.memory[results.plan.issues]


def _memory_growth(results: Results) -> float:
    largest, smallest = max(results.memory), min(results.memory)
    if largest == smallest:
        raise KeyError(largest)
    return results.memory[largest] / results.memory[smallest]


GOALS = (
    Goal("S1", "first sync, PostgreSQL: wall / floor", 3.0, 1.8, _first("postgresql")),
    Goal("S2", "first sync, PostgreSQL: CPU / floor", 3.0, 2.0, _first_cpu),
    Goal("S4", "first sync at 50 ms: wall / fetch and parse", 1.15, 1.03, _distant),
    Goal("S5", "first sync, SQLite: wall / floor", 3.0, 1.8, _first("sqlite")),
    Goal("S6", "delta of 100, PostgreSQL: wall / floor", 3.0, 1.5, _delta("postgresql")),
    Goal("S6", "delta of 100, SQLite: wall / floor", 3.0, 1.5, _delta("sqlite")),
    Goal("S7", "first sync: requests above N/100", 3, 1,
         lambda results: results.number("first: requests") - results.plan.pages),
    Goal("S8", "nothing changed: requests", 1, 1, lambda r: r.number("idle: requests")),
    Goal("S8", "nothing changed: requests not answered 304", 0, 0,
         lambda r: r.number("idle: requests") - r.number("idle: answered 304")),
    Goal("S8", "100 changed: requests", 2, 1, lambda r: r.number("delta: requests")),
    Goal("S9", "100 changed: rows beyond the delta", 100, 1,
         lambda results: results.number("delta: rows") - DELTA),
    Goal("S9", "the same, changed within the last minutes", 100, 1,
         lambda results: results.number("fresh delta: rows") - DELTA),
    Goal("S10", "delta at most / at least stored, PostgreSQL", 1.3, 1.1, _growth("postgresql")),
    Goal("S10", "delta at most / at least stored, SQLite", 1.3, 1.1, _growth("sqlite")),
    Goal("S11", "first sync: peak MB above idle", 80, 40, _memory),
    Goal("S11", "the same, growth to five times the issues", 1.3, 1.0, _memory_growth),
    Goal("S12", "10,000 unchanged: MB of WAL", 0.5, 0.05,
         lambda r: r.figures["postgresql"].numbers["unchanged: WAL MB"]),
)  # fmt: skip
