"""Fifty small repositories connected beside one of 50,000 issues: how long each waits.

Counted is from asking until the first sync is over: its first issue is there before that.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from benchmarks.fairness import OPEN, Site
from simulator.server import TrackerServer
from tests.bars.bar import Bar
from tests.own_servers import own_postgres, own_redis
from tests.platform import Platform

GIANT, SMALL, REPOSITORIES = 50_000, 20, 50
LEAD_SECONDS = 10.0
"""The giant is alone for so long."""
MOST_SECONDS = 30.0


def measure() -> list[Bar]:
    return [_wait(name) for name in ("embedded parts", "PostgreSQL and Redis")]


def _wait(where: str) -> Bar:
    with _open_site(on_servers=where != "embedded parts") as site:
        giant = site.add_project([site.add_repository(GIANT)])
        time.sleep(LEAD_SECONDS)
        repositories = [site.add_repository(SMALL) for _ in range(REPOSITORIES)]
        path = site.add_project(repositories)
        waits = sorted(_waits(site, path))
        is_beside = site.runs(giant)[0]["state"] in OPEN
    median = waits[len(waits) // 2]
    note = f"median {median:.1f}; the giant was under way to the end: {is_beside}"
    name = f"{where}: worst seconds of {REPOSITORIES} small repositories beside {GIANT:,} issues"
    return Bar(name, MOST_SECONDS, waits[-1], note)


def _waits(site: Site, path: str) -> Iterator[float]:
    """Seconds from being asked for to the end, of each first sync."""

    def ended() -> list[dict[str, str]]:
        runs = site.platform.api("GET", f"{path}/syncs/?page_size=100", token=site.token)
        over = [run for run in runs.data["results"] if run["state"] not in OPEN]
        return over if len(over) == REPOSITORIES else []

    for run in site.platform.wait_for(ended, 600):
        if run["state"] != "succeeded":
            raise SystemExit(f"{path}: {run}")
        asked, over = (datetime.fromisoformat(run[name]) for name in ("created_at", "finished_at"))
        yield (over - asked).total_seconds()


@contextmanager
def _open_site(*, on_servers: bool) -> Iterator[Site]:
    os.environ["DIIP_ENV_FILE"] = ""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="diip-bar-")))
        database_url = redis_url = None
        if on_servers:
            database = stack.enter_context(own_postgres(folder))
            database.create("diip")
            database_url = database.url("diip")
            redis_url = stack.enter_context(own_redis(folder)).url()
        trackers = stack.enter_context(TrackerServer(issues=5, quota=None))
        (folder / "var").mkdir()
        platform = Platform(folder / "var", database_url, redis_url, simulator=False)
        platform.env["DIIP_PRIVATE_HOSTS"] = f"127.0.0.1:{trackers.port}"
        stack.enter_context(platform)
        yield Site(platform, trackers, platform.register("ann@example.com"))
