"""Benchmark of syncs: time, memory and requests, beside the minimum cost.

    python -m benchmarks.sync --database-url postgres://user@127.0.0.1/postgres --sqlite

The tracker is simulated in a separate process on loopback. Databases are created for the benchmark
and dropped. Exits with 1 if DIIP's table differs from the tracker.
"""

import os
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import msgspec

from benchmarks import sync_goals
from benchmarks.measure import ratio, table
from benchmarks.scratch import base_database
from benchmarks.sync_figures import Engine, Figures, Plan, Series
from benchmarks.trackers import run_trackers
from scripts.borrowed_servers import find_postgres, start_postgres

Databases = dict[Engine, str]


def main() -> int:
    arguments = _arguments()
    started = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="diip-bench-")))
        databases = stack.enter_context(_databases(arguments, folder))
        trackers = stack.enter_context(run_trackers())
        results = _measure(_plan(arguments, trackers), databases, folder)
    _print(results)
    sys.stdout.write(f"\n{time.monotonic() - started:.0f} s in all.\n")
    return _print_differences(results)


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="python -m benchmarks.sync", description=__doc__)
    add = parser.add_argument
    add(
        "--database-url",
        default="",
        help="URL of a PostgreSQL server, with the right to create databases",
    )
    add("--sqlite", action="store_true", help="measure on SQLite (default: on both)")
    add("--issues", type=int, default=10_000, help="issues of the first sync (default: 10000)")
    add("--rounds", type=int, default=3)
    add("--quick", action="store_true", help="1,000 issues and one round, to check that it runs")
    add("--huge", action="store_true", help="measure the delta at 100,000 stored issues too")
    return parser.parse_args()


def _plan(arguments: Namespace, trackers: str) -> Plan:
    if arguments.quick:
        return Plan(trackers=trackers, issues=1_000, rounds=1, sizes=(500, 1_000))
    sizes = {1_000, arguments.issues, 50_000} | ({100_000} if arguments.huge else set())
    return Plan(
        trackers=trackers,
        issues=arguments.issues,
        rounds=arguments.rounds,
        sizes=tuple(sorted(sizes)),
    )


@contextmanager
def _databases(arguments: Namespace, folder: Path) -> Iterator[Databases]:
    url, name = arguments.database_url, f"diip_bench_{os.getpid()}"
    found: Databases = {}
    with ExitStack() as stack:
        if url or not arguments.sqlite:
            server = url or find_postgres() or stack.enter_context(start_postgres())
            found["postgresql"] = stack.enter_context(base_database(server, name))
        if arguments.sqlite or not url:
            found["sqlite"] = f"sqlite:///{folder}/base.sqlite3"
        yield found


def _measure(plan: Plan, databases: Databases, folder: Path) -> sync_goals.Results:
    figures = {}
    for engine, url in databases.items():
        _say(f"{engine}, {plan.issues:,} issues, {plan.rounds} rounds")
        answer = _child("sync_bars", [msgspec.json.encode(plan).decode()], url, plan, folder)
        figures[engine] = msgspec.json.decode(answer, type=Figures)
    url = next(iter(databases.values()))
    memory = {}
    for issues in sorted({plan.issues, max(plan.sizes)}):
        _say(f"memory, {issues:,} issues")
        memory[issues] = float(
            _child("sync_memory", [plan.trackers, str(issues)], url, plan, folder)
        )
    return sync_goals.Results(plan, figures, memory)


def _child(module: str, arguments: list[str], url: str, plan: Plan, folder: Path) -> bytes:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "diip.settings",
        "DATABASE_URL": url,
        "DIIP_VAR_DIR": str(folder),
        "DIIP_PRIVATE_HOSTS": urlsplit(plan.trackers).netloc,
    }
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout  # noqa: S603


# --- printing -----------------------------------------------------------------------------------


def _print(results: sync_goals.Results) -> None:
    sys.stdout.write(table(sync_goals.rows(results)) + "\n")
    for engine, figures in results.figures.items():
        sys.stdout.write(f"\n{engine}, median of {results.plan.rounds}\n")
        sys.stdout.write(table(_times(figures)) + "\n")
        numbers = (f"{name}: {number:g}" for name, number in figures.numbers.items())
        sys.stdout.write("\n".join(numbers) + "\n")
    memory = (f"{issues:,} issues {mb:.0f} MB" for issues, mb in results.memory.items())
    sys.stdout.write(f"\npeak memory above idle: {', '.join(memory)}\n")


def _times(figures: Figures) -> Iterator[tuple[str, ...]]:
    yield (
        "what",
        "issues",
        "wall s",
        "min..max",
        "CPU s here",
        "in database",
        "issues/s",
        "/ floor",
    )
    for name, series in figures.series.items():
        wall = median(series.walls)
        yield (
            name, f"{series.issues:,}", f"{wall:.3f}",
            f"{min(series.walls):.3f}..{max(series.walls):.3f}",
            f"{median(cost.client for cost in series.costs):.2f}",
            f"{median(cost.database or 0 for cost in series.costs):.2f}",
            f"{series.issues / wall:,.0f}", _per_issue_against_floor(figures, name, series),
        )  # fmt: skip


def _per_issue_against_floor(figures: Figures, name: str, series: Series) -> str:
    """Format the ratio to the baseline; an ORM loop over fewer issues is scaled up."""
    floor = figures.series.get(f"{name.partition(':')[0]}: floor")
    if floor is None or not series.issues:
        return ""
    if len(series.costs) == len(floor.costs):
        own = ratio(series.walls, floor.walls)
    else:
        own = median(series.walls) / median(floor.walls)
    return f"{own * floor.issues / series.issues:.2f}"


def _print_differences(results: sync_goals.Results) -> int:
    wrong = [line for figures in results.figures.values() for line in figures.differences]
    for line in wrong:
        sys.stdout.write(f"WRONG {line[:1000]}\n")
    if not wrong:
        sys.stdout.write("Every table compared equals what the tracker has.\n")
    return 1 if wrong else 0


def _say(text: str) -> None:
    sys.stderr.write(f"{text} ...\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
