"""What is measured, what it must not exceed, and what came out."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    name: str
    """What is done, and what is counted, in words: with the unit."""
    most: float
    measured: float
    note: str = ""

    @property
    def holds(self) -> bool:
        return self.measured <= self.most


Measure = Callable[[], list[Bar]]
"""Starts what it needs, does the harm once, ends what it started."""


def table(bars: list[Bar]) -> str:
    """A Markdown table, a row a bar."""
    rows = ["| bar | most | measured | verdict |", "| --- | --- | --- | --- |"]
    for bar in bars:
        verdict = "held" if bar.holds else "MISSED"
        note = f" ({bar.note})" if bar.note else ""
        rows.append(f"| {bar.name}{note} | {bar.most:g} | {bar.measured:.4g} | {verdict} |")
    return "\n".join(rows)
