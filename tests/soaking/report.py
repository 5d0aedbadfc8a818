"""What came of a soak, as Markdown."""

import platform
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.soaking.memory import ALLOWED_GROWTH, Memory
from tests.soaking.settling import Check
from tests.soaking.traffic import Tally


@dataclass(frozen=True)
class Happened:
    """One trouble, and how long after its end all worked again."""

    name: str
    at: float
    lasted: float
    answers_after: float
    syncs_after: float
    recovered: bool


@dataclass
class Result:
    command: str
    seed: int
    minutes: float
    tally: Tally
    memory: Memory
    happened: list[Happened] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    figures: dict[str, object] = field(default_factory=dict)

    @property
    def is_well(self) -> bool:
        return not self.failures()

    def failures(self) -> list[str]:
        found = [f"{each.name}: {each.detail}" for each in self.checks if not each.is_well]
        found += [
            f"not recovered from: {each.name}" for each in self.happened if not each.recovered
        ]
        found += [f"unexpected answer: {each}" for each in self.tally.unexpected]
        found += [
            f"memory: {each.role} grew by {each.growth:.0f} MiB"
            for each in self.memory.growths()
            if each.growth > ALLOWED_GROWTH
        ]
        return found


def write(result: Result) -> str:
    return "\n".join(_lines(result)) + "\n"


def _lines(result: Result) -> Iterator[str]:
    verdict = "all held" if result.is_well else "NOT ALL HELD"
    yield f"# Soak of {result.minutes:g} minutes: {verdict}"
    yield ""
    yield f"`{result.command}` (seed {result.seed}), Python {platform.python_version()}."
    yield "Loopback only, PostgreSQL and Redis of its own, all at low priority."
    yield ""
    for each in result.failures():
        yield f"- **{each}**"
    yield from _table("What happened", ("", ""), [(k, str(v)) for k, v in result.figures.items()])
    yield from _table(
        "When all was over",
        ("must hold", "held", "detail"),
        [(c.name, "yes" if c.is_well else "NO", c.detail) for c in result.checks],
    )
    yield from _answers(result.tally)
    yield from _table(
        "Troubles",
        ("trouble", "times", "median s until a sync succeeded", "worst", "worst s until a 2xx"),
        list(_troubles(result.happened)),
    )
    yield from _memory(result.memory)


def _answers(tally: Tally) -> Iterator[str]:
    rows = [
        (outcome, str(tally.calm[outcome]), str(tally.troubled[outcome]))
        for outcome in sorted(tally.calm.keys() | tally.troubled.keys())
    ]
    yield from _table("Answers to people", ("answer", "in calm", "in trouble and just after"), rows)
    yield f"Unexpected: {len(tally.unexpected)}. Slowest: {tally.slowest:.1f} s."


def _troubles(happened: Sequence[Happened]) -> Iterator[tuple[str, ...]]:
    by_name = defaultdict(list)
    for each in happened:
        by_name[each.name].append(each)
    for name, several in sorted(by_name.items()):
        seconds = [each.syncs_after for each in several]
        answers = max(each.answers_after for each in several)
        yield (
            name,
            str(len(several)),
            f"{statistics.median(seconds):.1f}",
            f"{max(seconds):.1f}",
            f"{answers:.1f}",
        )


def _memory(memory: Memory) -> Iterator[str]:
    rows = []
    growths = memory.growths()
    for role, (count, most) in memory.by_role().items():
        mine = [each for each in growths if each.role == role]
        worst = mine[0] if mine else None
        steepest = max((each.slope for each in mine), default=None)
        rows.append(
            (
                role,
                str(count),
                f"{max(each.lifetime for each in mine) / 60:.0f}" if mine else "-",
                f"{most:.0f}",
                f"{worst.growth:+.1f}" if worst else "-",
                f"{steepest:+.1f}" if steepest is not None else "-",
            )
        )
    heads = ("process", "how many lived", "longest life, min", "peak MiB", "worst growth MiB",
             "steepest slope MiB/h")  # fmt: skip
    yield from _table("Memory (resident, each 10 s)", heads, rows)
    yield (
        "Growth: median of the last quarter of a process's life less that of the first after a"
        f" warm-up of two minutes, for those that lived five; {ALLOWED_GROWTH:g} MiB are allowed."
    )


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
    yield "| " + " | ".join(heads) + " |"
    yield "| " + " | ".join("---" for _ in heads) + " |"
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |"
    yield ""
