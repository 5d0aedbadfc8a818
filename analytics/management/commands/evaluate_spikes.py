"""Measure the rule that finds spikes: how often it cries wolf, and what it finds."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analytics.spikes.rule import DailySeries
from analytics.spikes.rule_evaluation import KINDS, LevelResult, Measurement, Scored, score_series
from analytics.spikes.synthetic_series import make_series

SHAPE = (
    'The file must be JSON: {"a name": {"start": "2024-01-31", "counts": [..], "reporters": []}}'
)
LARGEST_COUNT = 1_000_000


class Command(BaseCommand):
    help = (
        "Measures the spike rule on daily series: alarms a series-year on the series as they are, "
        "and the share of added spikes that is found. Thresholds are set on the first halves of "
        "the series, results read on the second. Without a file: on series it makes itself."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help=SHAPE)
        parser.add_argument("--seed", type=int, default=1, help="Of added spikes. Default 1.")
        parser.add_argument(
            "--column", choices=("reporters", "counts"), default="reporters",
            help="What to judge; the product judges reporters.",
        )  # fmt: skip
        parser.add_argument(
            "--spikes", type=int, default=1000, help="Added of each kind and level. Default 1000."
        )

    def handle(self, *args: object, **options: Any) -> None:
        if not 1 <= options["spikes"] <= 100_000:
            raise CommandError("--spikes must be from 1 to 100000.")
        file = options["file"]
        given = read_series(file, options["column"]) if file else make_series(options["seed"])
        scored = {name: _score(name, series) for name, series in given.items()}
        measurement = Measurement(scored, seed=options["seed"], spikes=options["spikes"])
        years = sum(len(series.reporters) for series in given.values()) / 365.25
        source = str(file) if file else f"made with seed {options['seed']}"
        self.stdout.write(
            f"{len(given)} series ({source}), {options['column']}, {years:.1f} series-years. "
            f"{options['spikes']} spikes of each kind and level, seed {options['seed']}."
        )
        self._write("Thresholds set on the first halves", measurement.tuned())
        self._write("Thresholds as shipped", measurement.as_shipped())

    def _write(self, title: str, results: list[LevelResult]) -> None:
        self.stdout.write("")
        for line in table(title, results):
            self.stdout.write(line)


def table(title: str, results: list[LevelResult]) -> Iterator[str]:
    """The measurement in words, a column a level."""
    yield f"{title + ' (results of the second)':<48}" + "".join(f"{r.level:>18}" for r in results)
    yield _row("fires below, day / run", [_pair(result) for result in results])
    yield _row("alarms a series-year", [f"{result.alarms:.2f}" for result in results])
    yield _row("  in the first halves", [f"{result.alarms_before:.2f}" for result in results])
    yield "found (mean delay, days):"
    for kind in KINDS:
        found = [result.detections[kind] for result in results]
        yield _row(f"  {kind} reporters", [f"{one.found:.3f} ({one.delay:.1f})" for one in found])


def _pair(result: LevelResult) -> str:
    return f"{result.thresholds.day:.4f} / {result.thresholds.run:.4f}"


def _row(name: str, cells: list[str]) -> str:
    return f"{name:<48}" + "".join(f"{cell:>18}" for cell in cells)


def _score(name: str, series: DailySeries) -> Scored:
    try:
        return score_series(series)
    except ValueError as problem:
        raise CommandError(f"The series {name!r} {problem}.") from problem


def read_series(file: Path, column: str) -> dict[str, DailySeries]:
    """The series of a file, or a CommandError that says what is wrong with it."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as problem:
        raise CommandError(f"{file} cannot be read: {problem.strerror}.") from problem
    except (ValueError, RecursionError) as problem:
        raise CommandError(f"{file} is not JSON in UTF-8. {SHAPE}") from problem
    if not isinstance(content, dict) or not content:
        raise CommandError(f"{file} holds no series. {SHAPE}")
    return {name: _read_one(name, given, column) for name, given in content.items()}


def _read_one(name: str, given: object, column: str) -> DailySeries:
    if not isinstance(given, Mapping) or not isinstance(given.get(column), list):
        raise CommandError(f"The series {name!r} has no list {column!r}. {SHAPE}")
    try:
        start = date.fromisoformat(given.get("start"))  # type: ignore[arg-type]  # refused below
    except (TypeError, ValueError) as problem:
        raise CommandError(f"The series {name!r} has no date as its 'start'. {SHAPE}") from problem
    for index, count in enumerate(given[column]):
        if type(count) is not int or not 0 <= count <= LARGEST_COUNT:
            raise CommandError(
                f"The series {name!r} has {count!r:.40} as day {index + 1} of {column!r}: "
                f"it must be a whole number from 0 to {LARGEST_COUNT}."
            )
    if len(given[column]) > (date.max - start).days:
        raise CommandError(f"The series {name!r} goes on beyond the year 9999.")
    return DailySeries(start, given[column])
