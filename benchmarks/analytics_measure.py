"""Measurements of analytics at two sizes beside plain SQL, and the resulting bars."""

import random
import resource
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from typing import Any

import psycopg
from django.db import connection

from analytics import services
from benchmarks import analytics_floor
from benchmarks.analytics_data import DAYS, Made, change, undo, vacuum
from benchmarks.api_floor import Floor
from benchmarks.api_inside import Inside
from benchmarks.api_read import Bar
from benchmarks.measure import measure, ratio, resident_mb
from issues.change_log import note_changed

DELTA = 100
RECENT = 20
"""Days covered by a usual delta; more if the small project has too few issues."""
RANGE_DAYS = 90
TRENDS = "trends/?metric=resolution_time&interval=week&"
HEADING = ("median of rounds", "small ms", "big ms", "least, small", "least, big", "big / small")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Plan of rounds after a warm-up round; with 0 rounds the warm-up counts."""

    rounds: int
    requests: int
    """Requests of each kind per round."""


@dataclass
class Measuring:
    small: Made
    big: Made
    plan: Plan
    database: psycopg.Connection
    inside: Inside
    floor: Floor
    lines: list[tuple[str, ...]] = field(default_factory=lambda: [HEADING])
    rebuilds: list[tuple[str, ...]] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)

    @property
    def both(self) -> tuple[Made, Made]:
        return self.small, self.big

    # --- rebuild ---------------------------------------------------------------------------------

    def measure_rebuild(self) -> None:
        idle, issues = resident_mb(), self.big.issues
        services.rebuild(self.small.project)
        cost = measure(lambda: services.rebuild(self.big.project), self.inside.backend)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        vacuum(self.database)
        bare = median(self._seconds(self._bare_group_by) for _ in range(3))
        stored = self._seconds(self._bare_facts)
        self.rebuilds = [
            (f"rebuild of {issues:,} issues", "s", "issues/s", "CPU s", "database CPU s"),
            ("DIIP", *_speed(issues, cost.wall), f"{cost.client:.1f}", f"{cost.database or 0:.1f}"),
            ("bare GROUP BY day", *_speed(issues, bare), "-", "-"),
            ("bare INSERT of the same facts", *_speed(issues, stored), "-", "-"),
        ]
        self.bars += [
            Bar("-", "full rebuild / one bare GROUP BY", 3, 3, cost.wall / bare),
            Bar("-", "full rebuild: peak MB above idle", 80, 40, peak - idle),
        ]

    def _bare_group_by(self) -> None:
        values = {"project": self.big.project}
        self.database.execute(analytics_floor.GROUP_BY, values).fetchall()

    def _bare_facts(self) -> None:
        for statement in analytics_floor.STORE_FACTS:
            self.database.execute(statement, {"project": self.big.project})

    # --- a delta ---------------------------------------------------------------------------------

    def measure_delta(self) -> None:
        usual = max(RECENT, DAYS * DELTA * 3 // 2 // self.small.issues)
        small, big = self._in_turns(
            f"aggregate {DELTA} changed of {usual} days", self._delta(usual)
        )
        self.bars += [
            Bar("R8", f"aggregate {DELTA} changed: big / small", 1.2, 1.0, ratio(big, small)),
            Bar("R8", "the same, ms at the big one", 25, 5, median(big)),
        ]
        self._in_turns(f"aggregate {DELTA} changed of {DAYS} days", self._delta(DAYS))

    def _delta(self, days: int) -> Callable[[Made], float]:
        """Measure a delta; changes are undone, so that all rounds start with the same issues."""
        rng = random.Random(days)  # noqa: S311 - the same issues each time

        def once(made: Made) -> float:
            ids = rng.sample(made.opened_within(days), min(DELTA, made.issues))
            change(self.database, made, ids)
            spent = self._aggregate(made, ids)
            undo(self.database)
            self._aggregate(made, ids)
            return spent

        return once

    def _aggregate(self, made: Made, ids: Sequence[int]) -> float:
        note_changed(made.project, ids)
        return self._seconds(lambda: services.aggregate(made.project)) * 1000

    def leave_changed(self) -> None:
        """Leave issues changed, so that the comparison covers more than the initial state."""
        for made in self.both:
            ids = list(made.opened_within(DAYS)[:: made.issues // DELTA])
            change(self.database, made, ids)
            self.database.execute("DROP TABLE kept")
            self._aggregate(made, ids)

    # --- requests --------------------------------------------------------------------------------

    def measure_summary(self) -> None:
        small, big = self._in_turns("summary: request", self._asking("summary/?"))
        self.bars.append(Bar("R6", "summary, p50: big / small", 2, 1.2, ratio(big, small)))
        small, big = self._in_turns("summary: its queries", self._querying("summary/?"))
        self.bars += [
            Bar("R7", "summary's queries: ms at the small one", 8, 2, median(small)),
            Bar("R7", "summary's queries: ms at the big one", 8, 2, median(big)),
        ]
        for name in ("SUMMARY", "ROWS"):
            self._in_turns(f"summary: bare SQL, {name.lower()}", self._bare(name))

    def measure_trends(self) -> None:
        _, ours = self._in_turns("trends: request", self._asking(TRENDS))
        self._in_turns("trends: its queries", self._querying(TRENDS))
        _, bare = self._in_turns("trends: bare SQL", self._bare("TRENDS"))
        self.bars.append(Bar("-", "trends at the big one: request / bare SQL", 4, 2,
                             ratio(ours, bare)))  # fmt: skip

    def measure_trends_by_label(self) -> None:
        self._in_turns("trends by label: request", self._asking(f"{TRENDS}by=label&"))

    def _asking(self, query: str) -> Callable[[Made], float]:
        return self._p50(lambda made: self._seconds(lambda: self.inside.ask(_url(made, query))))

    def _querying(self, query: str) -> Callable[[Made], float]:
        """Measure the database time of a request."""

        def seconds(made: Made) -> float:
            with _query_times() as times:
                self.inside.ask(_url(made, query))
            return sum(times)

        return self._p50(seconds)

    def _bare(self, name: str) -> Callable[[Made], float]:
        statement = getattr(analytics_floor, name)
        return self._p50(
            lambda made: self._seconds(lambda: self.floor.ask(statement, _range(made)))
        )

    # --- timing ----------------------------------------------------------------------------------

    def _p50(self, seconds: Callable[[Made], float]) -> Callable[[Made], float]:
        return lambda made: 1000 * median(seconds(made) for _ in range(self.plan.requests))

    def _in_turns(
        self, what: str, work: Callable[[Made], float]
    ) -> tuple[list[float], list[float]]:
        """Return the milliseconds per round at both sizes, without the warm-up round."""
        rounds = [tuple(work(made) for made in self.both) for _ in range(self.plan.rounds + 1)]
        small, big = ([each[side] for each in rounds[1:] or rounds] for side in (0, 1))
        numbers = (median(small), median(big), min(small), min(big), ratio(big, small))
        self.lines.append((what, *(f"{number:.2f}" for number in numbers)))
        return small, big

    def _seconds(self, work: Callable[[], object]) -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began


@contextmanager
def _query_times() -> Iterator[list[float]]:
    times: list[float] = []

    def timed(execute: Callable[..., Any], *arguments: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            times.append(time.perf_counter() - began)

    with connection.execute_wrapper(timed):
        yield times


def _url(made: Made, query: str) -> str:
    asked = _range(made)
    return f"/api/projects/{made.project}/analytics/{query}from={asked['first']}&to={asked['last']}"


def _range(made: Made) -> Mapping[str, object]:
    last = made.now.date()
    return {"project": made.project, "first": last - timedelta(days=RANGE_DAYS - 1), "last": last}


def _speed(issues: int, seconds: float) -> tuple[str, str]:
    return f"{seconds:.2f}", f"{issues / seconds:,.0f}"
