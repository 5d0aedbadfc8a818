"""Measurements of single requests beside plain SQL, and the resulting bars."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks import api_floor
from benchmarks.api_data import COMMON, MID, RARE, Size
from benchmarks.api_inside import Figures, Inside, figures

ROUNDS = 5
REQUESTS = 200
WORDS = {"rare": RARE, "mid": MID, "common": COMMON, "phrase": '"node cache"'}
HEADING = ("in one process", "p50 ms", "p99 ms", "CPU ms", "database CPU ms")
Values = dict[str, object]


@dataclass(frozen=True)
class Bar:
    name: str
    what: str
    must: float
    stretch: float
    measured: float
    at_least: bool = False

    def row(self) -> tuple[str, ...]:
        verdict = "missed"
        if self._reaches(self.must):
            verdict = "stretch" if self._reaches(self.stretch) else "must"
        sign = ">=" if self.at_least else "<="
        limits = (f"{sign} {self.must:g}", f"{sign} {self.stretch:g}")
        return self.name, self.what, *limits, f"{self.measured:.2f}", verdict

    def _reaches(self, limit: float) -> bool:
        return self.measured >= limit if self.at_least else self.measured <= limit


@dataclass
class Reading:
    inside: Inside
    floor: api_floor.Floor
    size: Size
    lines: list[tuple[str, ...]] = field(default_factory=lambda: [HEADING])
    bars: list[Bar] = field(default_factory=list)

    @property
    def projects(self) -> list[int]:
        return [1 + number * 7 % self.size.projects for number in range(REQUESTS)]

    @property
    def big(self) -> int:
        return self.size.projects + 1

    def measure(self) -> None:
        self.measure_list()
        for label, project in (("10k", 1), ("big", self.big)):
            self.measure_depth(label, f"/api/projects/{project}/issues/")
        for label, words in WORDS.items():
            self.measure_search(label, words)
        self.measure_rare_word()
        self.measure_detail()

    def measure_list(self) -> None:
        """Measure both sides in turn, so that a busy machine slows both."""
        urls = [f"/api/projects/{project}/issues/" for project in self.projects]
        values: list[Values] = [{"project": project} for project in self.projects]
        rounds = [
            (self.bare("list", api_floor.FIRST_PAGE, values), self.ours("list", urls))
            for _ in range(ROUNDS)
        ]
        web = median(ours.cpu_ms / bare.cpu_ms for bare, ours in rounds)
        both = median(ours.both_ms / bare.both_ms for bare, ours in rounds)
        self.bars.append(Bar("R1", "list: CPU of the web process / bare SQL", 4, 2, web))
        self.bars.append(Bar("R1", "list: the same, with the database's CPU", 4, 2, both))

    def measure_depth(self, label: str, path: str) -> None:
        deepest = self.inside.deepest(path)
        rounds = [
            (
                self.ours(f"first page, {label}", [path] * REQUESTS),
                self.ours(f"deepest page, {label}", [deepest] * REQUESTS),
            )
            for _ in range(ROUNDS)
        ]
        ratio = median(deep.p50_ms / first.p50_ms for first, deep in rounds)
        self.bars.append(Bar("R2", f"deepest page / first, {label}: p50", 1.3, 1.1, ratio))

    def measure_search(self, label: str, words: str) -> None:
        query = f"issues/?q={words.replace(' ', '+')}"
        bare = " & ".join(words.strip('"').split())
        values: list[Values] = [{"project": each, "words": bare} for each in self.projects]
        self.bare(f"search {label}, 10k", api_floor.SEARCH, values)
        urls = [f"/api/projects/{project}/{query}" for project in self.projects]
        for place, asked in (("10k", urls), ("big", [f"/api/projects/{self.big}/{query}"] * 50)):
            found = self.ours(f"search {label}, {place}", asked)
            what = f"search, {label}, {place}: p50 ms"
            self.bars.append(Bar("R5", what, 25, 10, found.p50_ms))

    def measure_rare_word(self) -> None:
        urls = [f"/api/projects/{project}/issues/?q={RARE}" for project in self.projects]
        values: list[Values] = [{"words": RARE}] * REQUESTS
        rounds = [
            (
                self.bare("rare word, all projects, plain columns", api_floor.RAW_SEARCH, values),
                self.ours("search rare, 10k", urls),
            )
            for _ in range(ROUNDS)
        ]
        ratio = median(ours.p50_ms / bare.p50_ms for bare, ours in rounds)
        self.bars.append(Bar("R4", "search, rare word: p50 / raw FTS query", 10, 5, ratio))

    def measure_detail(self) -> None:
        issues = [(project, (project - 1) * self.size.each + 5) for project in self.projects]
        values: list[Values] = [{"project": project, "issue": issue} for project, issue in issues]
        self.bare("detail", api_floor.DETAIL, values)
        self.ours("detail", [f"/api/projects/{p}/issues/{issue}/" for p, issue in issues])
        counted = [f"/api/projects/{p}/issues/?count=true" for p in self.projects[:50]]
        self.ours("list with count=true, 10k", counted)

    def ours(self, name: str, urls: Sequence[str]) -> Figures:
        found = figures(self.inside.ask, urls, self.inside.backend)
        return self._noted(f"{name}: DIIP", found)

    def bare(self, name: str, statement: str, values: Sequence[Values]) -> Figures:
        found = figures(lambda each: self.floor.ask(statement, each), values, self.floor.backend)
        return self._noted(f"{name}: bare SQL", found)

    def _noted(self, name: str, found: Figures) -> Figures:
        """Store the figures of a row; the table shows the last round."""
        numbers = (found.p50_ms, found.p99_ms, found.cpu_ms, found.database_ms)
        self.lines = [line for line in self.lines if line[0] != name]
        self.lines.append((name, *(f"{number:.2f}" for number in numbers)))
        return found
