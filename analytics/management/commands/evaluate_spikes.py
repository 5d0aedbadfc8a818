"""Evaluate the spike rule: its false alarms and its detection rate."""

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
        "Evaluate the spike rule on daily series: alarms per series-year on the unchanged series, "
        "and the share of added spikes that is detected. Thresholds are tuned on the first half of "
        "each series, results come from the second half. Without a file, generated series are used."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help=SHAPE)
        parser.add_argument("--seed", type=int, default=1, help="Random seed. Default 1.")
        parser.add_argument(
            "--column", choices=("reporters", "counts"), default="reporters",
            help="Numbers to evaluate. The product uses reporters.",
        )  # fmt: skip
        parser.add_argument(
            "--spikes",
            type=int,
            default=1000,
            help="Added spikes per kind and level. Default 1000.",
        )

    def handle(self, *args: object, **options: Any) -> None:
        if not 1 <= options["spikes"] <= 100_000:
            raise CommandError("--spikes must be from 1 to 100000.")
        file = options["file"]
        given = read_series(file, options["column"]) if file else make_series(options["seed"])
        scored = {name: _score(name, series) for name, series in given.items()}
        measurement = Measurement(scored, seed=options["seed"], spikes=options["spikes"])
        years = sum(len(series.reporters) for series in given.values()) / 365.25
        source = str(file) if file else f"generated with seed {options['seed']}"
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
    """Format the results as lines of a table, one column per level."""
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
    """Read the series of a file. Raises CommandError if the file is invalid."""
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
        raise CommandError(f"The series {name!r} extends beyond the year 9999.")
    return DailySeries(start, given[column])
