"""What came of harm: a line a harm, for a terminal and as Markdown."""

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

HEADS = (
    "harm", "rounds", "lost", "doubled", "wrong", "fetched twice", "median s", "worst s",
    "2xx after s", "503s", "bad answers", "restarted",
)  # fmt: skip
_WIDTHS = (34, 6, 5, 8, 6, 14, 9, 8, 12, 5, 12, 10)


@dataclass(frozen=True)
class Outcome:
    """One round."""

    seconds: float = 0.0
    """From the end of the harm until the tracker was asked again."""
    answer_seconds: float = 0.0
    """From there until the API answered."""
    lasted: float = 0.0
    fetched_twice: int = 0
    refused: int = 0
    """How often somebody got a 503."""
    bad_answers: list[str] = field(default_factory=list)
    """Other than 503 as a problem document; also what came never."""
    restarted: list[str] = field(default_factory=list)
    """Processes that ended although they should bear it."""
    wrong: Mapping[str, Any] = field(default_factory=dict)

    def count(self, *words: str) -> int:
        return sum(
            len(found)
            for name, found in self.wrong.items()
            if isinstance(found, list | dict) and any(word in name for word in words)
        )

    @property
    def is_well(self) -> bool:
        return not (self.wrong or self.bad_answers or self.restarted)

    @classmethod
    def summary(cls, name: str, outcomes: Sequence["Outcome"]) -> tuple[str, ...]:
        if not outcomes:
            return (name, "0", *("?" for _ in HEADS[2:]))
        seconds = sorted(each.seconds for each in outcomes)
        return (
            name,
            str(len(outcomes)),
            *(
                str(sum(each.count(*words) for each in outcomes))
                for words in (("lost",), ("doubled",), ("invented", "different", "stuck"))
            ),
            str(max(each.fetched_twice for each in outcomes)),
            f"{median(seconds):.1f}",
            f"{seconds[-1]:.1f}",
            f"{max(each.answer_seconds for each in outcomes):.1f}",
            str(sum(each.refused for each in outcomes)),
            str(sum(len(each.bad_answers) for each in outcomes)),
            str(sum(len(each.restarted) for each in outcomes)),
        )


def line(cells: Sequence[str]) -> str:
    first, *others = (
        f"{cell:>{width}}" if number else f"{cell:<{width}}"
        for number, (cell, width) in enumerate(zip(cells, _WIDTHS, strict=True))
    )
    return " ".join([first, *others])


def write(outcomes: Mapping[str, list[Outcome]], seed: int, on: str) -> str:
    return "\n".join(_lines(outcomes, seed, on)) + "\n"


def _lines(outcomes: Mapping[str, list[Outcome]], seed: int, on: str) -> Iterator[str]:
    yield "# What came of harm"
    yield ""
    yield f'`make chaos ARGS="--seed {seed} --on {on}"`, Python {platform.python_version()}.'
    yield "Recovery is from the end of a harm until the tracker was asked again."
    yield ""
    yield "| " + " | ".join(HEADS) + " |"
    yield "| --- |" + " ---: |" * (len(HEADS) - 1)
    for name, suffered in outcomes.items():
        yield "| " + " | ".join(Outcome.summary(name, suffered)) + " |"
    notes = [
        f"- {name}: {note}"
        for name, suffered in outcomes.items()
        for each in suffered
        for note in _notes(each)
    ]
    if notes:
        yield ""
        yield "## Not as it should be"
        yield ""
        yield from notes


def _notes(outcome: Outcome) -> Iterator[str]:
    for name, found in outcome.wrong.items():
        yield f"{name}: {str(found)[:500]}".replace("\n", " ")
    yield from outcome.bad_answers
    for name in outcome.restarted:
        yield f"{name} ended"
