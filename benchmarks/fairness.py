"""Benchmark of fairness: delay of a small project beside a large one, on the real platform.

    python -m benchmarks.fairness [--database-url … --redis-url …] [--tries 10]

Three neighbours in turn: a repository of 200,000 issues; two of them, one per worker process; a
project with fifty repositories; each in its first sync. Beside each, repeatedly: a project of 20
issues is connected, synced manually, and synced on schedule. Measures the seconds from the request
(scheduled sync: from its due date) until its run started and ended.
"""

import argparse
import os
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from simulator.server import TrackerServer
from tests.platform import Platform, own_database

SMALL, FULL = 20, 200_000
GOAL = 60.0
SETTLED = 2.0
"""Seconds after its end in which a run may still set the next due date."""
OPEN = ("queued", "running", "waiting")
Waits = dict[str, list[tuple[float, float]]]


@dataclass
class Site:
    platform: Platform
    trackers: TrackerServer
    token: str
    made: int = 0

    def add_repository(self, issues: int) -> str:
        self.made += 1
        name = f"octo/fair{self.made}"
        self.trackers.github.add_repository(name, issues)
        return name

    def add_project(self, repositories: list[str]) -> str:
        """Create a project connected to the repositories; return its path."""
        project = self.post("/api/projects/", {"name": repositories[0]})["id"]
        for repository in repositories:
            body = {
                "token": "any",
                "repository": repository,
                "api_url": f"{self.trackers.url}/github",
            }
            self.post(f"/api/projects/{project}/integrations/github/connect/", body)
        return f"/api/projects/{project}"

    def post(self, path: str, body: object) -> Any:
        reply = self.platform.api("POST", path, body, self.token)
        if reply.status not in (201, 202):
            raise SystemExit(f"{path}: {reply}")
        return reply.data

    def runs(self, path: str) -> list[dict[str, Any]]:
        runs: list[dict[str, Any]] = self.platform.api(
            "GET", f"{path}/syncs/", token=self.token
        ).data["results"]
        return runs

    def make_due(self, path: str) -> None:
        """Set the project's sync due now."""
        project = int(path.rsplit("/", 1)[1])
        sql = "UPDATE integrations_integration SET next_sync_at = {} WHERE project_id = {}"
        url = self.platform.env.get("DATABASE_URL")
        if url:
            with psycopg.connect(url) as database:
                database.execute(sql.format("now()", project))
            return
        file = self.platform.var_dir / "diip.sqlite3"
        with closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as lite:
            lite.execute(sql.format("strftime('%Y-%m-%d %H:%M:%f', 'now')", project))


def await_run(site: Site, path: str, number: int, asked: float) -> tuple[float, float]:
    """Return the seconds until the project's `number`-th run started and ended."""

    def ended() -> dict[str, Any] | None:
        runs = site.runs(path)
        return runs[0] if len(runs) >= number and runs[0]["state"] not in OPEN else None

    run = site.platform.wait_for(ended, 600)
    if run["state"] != "succeeded":
        raise SystemExit(f"{path}: {run}")
    began, over = (
        datetime.fromisoformat(run[name]).timestamp() - asked
        for name in ("started_at", "finished_at")
    )
    return began, over


def try_once(site: Site, waits: Waits) -> None:
    repository = site.add_repository(SMALL)
    asked = time.time()
    path = site.add_project([repository])
    waits["first reading"].append(await_run(site, path, 1, asked))
    asked = time.time()
    site.post(f"{path}/sync/", {})
    waits["sync by hand"].append(await_run(site, path, 2, asked))
    time.sleep(SETTLED)
    asked = time.time()
    site.make_due(path)
    waits["regular sync"].append(await_run(site, path, 3, asked))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def report(name: str, waits: Waits) -> bool:
    for what, seconds in waits.items():
        began, ended = (sorted(each) for each in zip(*seconds, strict=True))
        say(
            f"{name:<28} {what:<14} n={len(seconds)}  began: median {began[len(began) // 2]:.1f},"
            f" worst {began[-1]:.1f} s; ended: worst {ended[-1]:.1f} s"
        )
    return all(began <= GOAL for seconds in waits.values() for began, _ in seconds)


@contextmanager
def open_site(arguments: argparse.Namespace) -> Iterator[Site]:
    os.environ["DIIP_ENV_FILE"] = ""
    if arguments.database_url:
        os.environ["DATABASE_URL"] = arguments.database_url
    with ExitStack() as stack:
        database_url = stack.enter_context(own_database())
        var_dir = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "var"
        var_dir.mkdir()
        trackers = stack.enter_context(TrackerServer(issues=5, quota=None))
        platform = Platform(var_dir, database_url, arguments.redis_url, simulator=False)
        platform.env["DIIP_PRIVATE_HOSTS"] = f"127.0.0.1:{trackers.port}"
        stack.enter_context(platform)
        yield Site(platform, trackers, platform.register("ann@example.com"))


def measure(name: str, sizes: list[int], arguments: argparse.Namespace) -> bool:
    """Measure beside neighbours of these sizes: one project each, or one for many."""
    waits: Waits = defaultdict(list)
    with open_site(arguments) as site:
        repositories = [site.add_repository(size) for size in sizes]
        groups = [repositories] if len(sizes) > 2 else [[each] for each in repositories]
        huge = [site.add_project(group) for group in groups]
        time.sleep(arguments.lead)
        for _ in range(arguments.tries):
            try_once(site, waits)
        still_open = [run["state"] in OPEN for path in huge for run in site.runs(path)[:1]]
        holds = report(name, waits)
        read = sum(run["records_seen"] for path in huge for run in site.runs(path))
    say(f"{name:<28} neighbour: {read} issues read, under way to the end: {any(still_open)}")
    return holds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database-url", default="")
    parser.add_argument("--redis-url")
    parser.add_argument("--tries", type=int, default=10)
    parser.add_argument(
        "--lead", type=float, default=15, help="head start of the neighbour in seconds"
    )
    arguments = parser.parse_args()
    results = [
        measure("one of 200,000 issues", [FULL], arguments),
        measure("two of 200,000 issues", [FULL, FULL], arguments),
        measure("one project, 50 repositories", [4000] * 50, arguments),
    ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
