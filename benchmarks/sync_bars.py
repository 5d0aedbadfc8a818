"""Sync measurements on one database, in a separate process: `python -m benchmarks.sync_bars
PLAN`, with an empty scratch database in DATABASE_URL. Writes JSON to standard output."""

import sys
from collections.abc import Callable

import django
import msgspec

django.setup()

from django.db import connection  # noqa: E402 - Django must be set up first

from benchmarks import sync_diip, sync_pygithub  # noqa: E402
from benchmarks.measure import measure  # noqa: E402
from benchmarks.scratch import Scratch  # noqa: E402
from benchmarks.sync_figures import DELTA, LATENCY, Figures, Plan  # noqa: E402
from benchmarks.sync_floor import Floor, PostgresFloor, SqliteFloor, fetch, fetch_and_parse  # noqa: E402
from benchmarks.trackers import Trackers  # noqa: E402
from integrations.models import Integration  # noqa: E402


class Bench:
    """State of the benchmark: databases, tracker and figures."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.figures = plan, Figures()
        self.trackers = Trackers(plan.trackers)
        self.scratch = Scratch()
        self.floor = self._open_floor()

    def _open_floor(self) -> Floor:
        self.scratch.fresh("floor")
        path = self.scratch.path("floor")
        if self.scratch.is_postgresql:
            return PostgresFloor(self.scratch.conninfo(path))
        return SqliteFloor(path)

    def repository(self, size: int) -> str:
        return f"bench/n{size}"

    def measure_floor(self, name: str, issues: int, url: str) -> None:
        cost = measure(lambda: self.floor.sync(url), self.floor.backend)
        self.figures.add(name, issues, cost)

    def measure_diip(self, name: str, issues: int, integration: Integration) -> None:
        self.trackers.forget_requests()
        run = sync_diip.start_run(integration)
        cost = measure(lambda: sync_diip.finish_run(run), self.scratch.backend)
        self.figures.add(name, issues, cost)

    def first_sync(self, name: str, size: int) -> Integration:
        self.scratch.fresh("first")
        integration = sync_diip.connect(self.trackers, self.repository(size))
        self.measure_diip(name, size, integration)
        return integration

    def compare(self, integration: Integration) -> None:
        self.figures.differences += sync_diip.differences(self.trackers, integration)


def _in_turns(rounds: int, *steps: Callable[[], object]) -> None:
    """Run all steps in each round, every second round in reverse, as the machine is shared."""
    for number in range(rounds):
        for step in steps if number % 2 == 0 else reversed(steps):
            step()


def first_syncs(bench: Bench) -> None:
    issues = bench.plan.issues
    url = bench.trackers.issues_url(bench.repository(issues))

    def floor(*, bare: bool) -> None:
        bench.floor.empty(bare=bare)
        bench.measure_floor("first: floor, key only" if bare else "first: floor", issues, url)

    _in_turns(
        bench.plan.rounds,
        lambda: floor(bare=True),
        lambda: floor(bare=False),
        lambda: bench.first_sync("first: DIIP", issues),
    )
    integration = bench.first_sync("first: DIIP", issues)
    bench.figures.series["first: DIIP"].costs.pop()  # measured for its counts only
    bench.figures.numbers["first: requests"] = len(bench.trackers.requests())
    bench.compare(integration)


def distant_syncs(bench: Bench) -> None:
    issues = bench.plan.issues
    url = bench.trackers.issues_url(bench.repository(issues))

    def floor() -> None:
        bench.figures.add("50 ms: fetch and parse", issues, measure(lambda: fetch_and_parse(url)))

    with bench.trackers.latency(LATENCY):
        _in_turns(bench.plan.rounds, floor, lambda: bench.first_sync("50 ms: DIIP", issues))


def orm_loop(bench: Bench) -> None:
    bench.scratch.fresh("loop")
    integration = sync_diip.connect(bench.trackers, bench.repository(bench.plan.issues))
    count = bench.plan.peer_issues
    cost = measure(
        lambda: sync_pygithub.sync(bench.trackers, integration, count), bench.scratch.backend
    )
    bench.figures.add("first: PyGithub + ORM", count, cost)


def all_feeds(bench: Bench) -> None:
    """Measure all feeds, after an unmeasured pass that fills the tracker's page cache."""
    size = bench.plan.feed_issues
    bench.trackers.add(bench.repository(size), size)
    bench.first_sync("unmeasured", size)
    integration = bench.first_sync("all three feeds: DIIP", size)
    del bench.figures.series["unmeasured"]
    receipt = integration.runs.get()
    rows = receipt.comments_stored + receipt.transitions_stored
    bench.figures.numbers["all three feeds: comments and events"] = rows


# --- incremental --------------------------------------------------------------------------------


def incremental_syncs(bench: Bench) -> None:
    stored = {size: _fill(bench, size) for size in bench.plan.sizes}
    for number in range(bench.plan.rounds):
        for size, integration in stored.items():
            _idle(bench, size, integration)
            _delta(bench, size, integration, seed=number)
    for size, integration in stored.items():
        bench.scratch.use(f"n{size}")
        bench.compare(integration)
    _changed_just_now(bench, stored[bench.plan.issues])
    if bench.scratch.is_postgresql:
        _unchanged(bench, stored[bench.plan.issues])


def _fill(bench: Bench, size: int) -> Integration:
    repository = bench.repository(size)
    bench.trackers.add(repository, size)
    fetch_and_parse(bench.trackers.issues_url(repository))
    bench.scratch.fresh(f"n{size}")
    integration = sync_diip.connect(bench.trackers, repository)
    sync_diip.sync(integration)
    if size == bench.plan.issues:
        bench.floor.empty()
        bench.floor.sync(bench.trackers.issues_url(repository))
    return integration


def _idle(bench: Bench, size: int, integration: Integration) -> None:
    """Sync without changes, which also warms up the backend for the delta."""
    bench.scratch.use(f"n{size}")
    sync_diip.sync(integration)
    if size == bench.plan.issues:
        bench.measure_diip("idle: DIIP", 0, integration)
        seen = bench.trackers.requests()
        bench.figures.numbers["idle: requests"] = len(seen)
        bench.figures.numbers["idle: answered 304"] = sum(each.status == 304 for each in seen)


def _delta(bench: Bench, size: int, integration: Integration, *, seed: int) -> None:
    """Sync changes made a while ago, as between two scheduled syncs."""
    bench.trackers.pass_time(10)
    bench.trackers.touch(integration.scope, DELTA, seed)
    bench.trackers.pass_time(10)
    sync_diip.warm_next_page(integration)
    if size == bench.plan.issues:
        since = f"{sync_diip.synced_through(integration):%Y-%m-%dT%H:%M:%SZ}".replace(":", "%3A")
        url = bench.trackers.issues_url(integration.scope, since)
        bench.measure_floor("delta of 100: floor", DELTA, url)
    bench.measure_diip(f"delta of 100: DIIP, {size:,} stored", DELTA, integration)
    if size == bench.plan.issues:
        _note_traffic(bench, "delta")


def _changed_just_now(bench: Bench, integration: Integration) -> None:
    """Sync recent changes twice; the second pass overlaps and receives them again."""
    bench.scratch.use(f"n{bench.plan.issues}")
    bench.trackers.touch(integration.scope, DELTA, seed=1_000)
    bench.trackers.forget_requests()
    sync_diip.sync(integration)
    _note_traffic(bench, "fresh delta")


def _note_traffic(bench: Bench, name: str) -> None:
    seen = bench.trackers.requests()
    bench.figures.numbers[f"{name}: requests"] = len(seen)
    bench.figures.numbers[f"{name}: rows"] = sum(each.rows or 0 for each in seen)


def _unchanged(bench: Bench, integration: Integration) -> None:
    """Sync all pages again without changes; takes the minimum WAL, which is the server's own."""
    fetch_and_parse(bench.trackers.issues_url(integration.scope))
    written = []
    for _ in range(bench.plan.rounds):
        sync_diip.read_all_again(integration)
        before = _wal_position()
        bench.measure_diip("unchanged: DIIP", bench.plan.issues, integration)
        written.append(_wal_position() - before)
    bench.figures.numbers["unchanged: WAL MB"] = min(written) / 1024**2


def _wal_position() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn() - '0/0'")
        return int(cursor.fetchone()[0])


# --- all measurements ---------------------------------------------------------------------------


def _prepare_tracker(bench: Bench) -> None:
    """Fill the tracker's page cache with an unmeasured pass."""
    issues = bench.plan.issues
    bench.trackers.add(bench.repository(issues), issues)
    size = sum(map(len, fetch(bench.trackers.issues_url(bench.repository(issues)))))
    bench.figures.numbers["KB of JSON an issue"] = round(size / issues / 1000, 2)


def run(plan: Plan) -> Figures:
    bench = Bench(plan)
    _prepare_tracker(bench)
    with sync_diip.only_feeds("issues"):
        bench.scratch.fresh("warm")
        sync_diip.sync(sync_diip.connect(bench.trackers, "octo/attic"))
        first_syncs(bench)
        if bench.scratch.is_postgresql:
            distant_syncs(bench)
        incremental_syncs(bench)
    all_feeds(bench)
    orm_loop(bench)
    bench.floor.close()
    return bench.figures


if __name__ == "__main__":
    answer = run(msgspec.json.decode(sys.argv[1], type=Plan))
    sys.stdout.buffer.write(msgspec.json.encode(answer))
