"""A running platform beside a simulated tracker, and a hand that does harm to it.

The tracker lives in the test's own process: its journal and its faults are at hand. Tables are
read past the API, as they lie on the disk.
"""

import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import redis
from celery import Celery

from diip.common.queues.broker_socket import choose_broker_socket
from simulator.journal import Seen
from simulator.server import TrackerServer
from tests.platform import Platform, Reply
from tests.proxied_servers import Servers
from tests.sync_truth import UNTIL, differences, read_tables, read_truth

OPEN_STATES = ("queued", "running", "waiting")
PATIENCE = 300.0


@contextmanager
def open_site_on(servers: Servers, var_dir: Path) -> Iterator["Site"]:
    database = servers.database.url("diip", servers.to_database.port)
    with open_site(var_dir, database, servers.broker.url(servers.to_broker.port)) as site:
        site.servers = servers
        yield site


@contextmanager
def open_site(
    var_dir: Path, database_url: str | None = None, redis_url: str | None = None, lease: int = 6
) -> Iterator["Site"]:
    with TrackerServer(issues=5, until=UNTIL, quota=None) as trackers:
        platform = Platform(var_dir, database_url, redis_url, simulator=False)
        platform.env |= {
            "DIIP_PRIVATE_HOSTS": f"127.0.0.1:{trackers.port}",
            "DIIP_LEASE_SECONDS": str(lease),
            "WORKER_CONCURRENCY": "3",
        }
        with platform:
            site = Site(platform, trackers, platform.register("ann@example.com"))
            try:
                yield site
            finally:
                site.platform.stop_second_beat()


@dataclass
class Site:
    """The platform with its tracker."""

    platform: Platform
    trackers: TrackerServer
    token: str
    servers: Servers | None = None

    def connect(self, issues: int, milliseconds: int = 0, *, begin: bool = True) -> "Link":
        """A new project on a new repository that answers so slowly.

        Its first sync begins by itself, with the next sweep; or at once.
        """
        repository = f"octo/site{len(self.trackers.github.names())}"
        self.trackers.faults.clear()
        self.trackers.journal.clear()
        number = self.trackers.github.add_repository(repository, issues).id
        if milliseconds:
            path = f"/({repository}|repositories/{number})/"
            self.trackers.faults.add("latency", path=path, times=None, milliseconds=milliseconds)
        body = {"name": repository, "repo_identifier": repository}
        project = self._must("/api/projects/", body)["id"]
        tracker = {"token": "any", "api_url": f"{self.trackers.url}/github"}
        path = f"/api/projects/{project}"
        integration = self._must(f"{path}/integrations/github/connect/", tracker)["id"]
        link = Link(self, repository, path, integration)
        if begin:
            self.send_again(link.newest_run()["id"], 1)
        return link

    def _must(self, path: str, body: object) -> dict[str, Any]:
        reply = self.api("POST", path, body)
        assert reply.status == 201, reply
        created: dict[str, Any] = reply.data
        return created

    def api(self, method: str, path: str, body: object = None) -> Reply:
        return self.platform.api(method, path, body, self.token)

    def execute(self, query: str) -> Sequence[Sequence[Any]]:
        url = self.platform.env.get("DATABASE_URL")
        if self.servers:  # past what stands in between
            url = self.servers.database.url("diip")
        if url:
            with psycopg.connect(url) as database:
                return database.execute(query).fetchall()
        file = f"file:{self.platform.var_dir}/diip.sqlite3?mode=ro"
        with closing(sqlite3.connect(file, uri=True, timeout=60)) as database:
            return database.execute(query).fetchall()

    def damage(self) -> dict[str, list[str]]:
        """What SQLite's own check finds in the file; a server checks its pages by itself."""
        if self.platform.env.get("DATABASE_URL"):
            return {}
        found = [str(row[0]) for row in self.execute("PRAGMA integrity_check")]
        return {} if found == ["ok"] else {"different file": found}

    # --- harm ------------------------------------------------------------------------------------

    def kill_worker(self) -> None:
        """`kill -9` of the worker with all its children."""
        os.killpg(self.platform.pids()["worker"], signal.SIGKILL)

    def flush_broker(self) -> None:
        """Its database forgets everything."""
        with self._redis() as client:
            client.flushdb()

    def send_again(self, run_id: int, times: int) -> None:
        """The same message so many times at once."""
        with Celery(broker=self._broker_url, set_as_current=False) as app:
            for _ in range(times):
                app.send_task("issues.tasks.advance_sync_run", (run_id,))

    @property
    def _socket(self) -> Path:
        return choose_broker_socket(self.platform.var_dir)

    @property
    def _broker_url(self) -> str:
        given = self.platform.env.get("REDIS_URL")
        return given or f"redis+socket://{self._socket}?virtual_host=0"

    def _redis(self) -> redis.Redis:
        given = self.platform.env.get("REDIS_URL")
        return (
            redis.Redis.from_url(given)
            if given
            else redis.Redis(unix_socket_path=str(self._socket))
        )


@dataclass
class Link:
    """One connected repository."""

    site: Site
    repository: str
    path: str
    integration: int

    @property
    def places(self) -> str:
        """What every request about it matches, by name or by id."""
        return f"/({self.repository}|repositories/\\d+)/"

    def newest_run(self) -> dict[str, Any]:
        """Asked for until somebody answers."""
        run: dict[str, Any] = self.site.platform.wait_for(self._newest_run, PATIENCE)
        return run

    def _newest_run(self) -> dict[str, Any] | None:
        try:
            reply = self.site.api("GET", f"{self.path}/syncs/")
        except OSError:
            return None
        run: dict[str, Any] | None = reply.data["results"][0] if reply.status == 200 else None
        return run

    def wait_for_end(self) -> dict[str, Any]:
        """Of the newest run; its receipt."""

        def ended() -> dict[str, Any] | None:
            run = self.newest_run()
            return None if run["state"] in OPEN_STATES else run

        receipt: dict[str, Any] = self.site.platform.wait_for(ended, PATIENCE)
        return receipt

    def sync(self, kind: str = "incremental") -> dict[str, Any]:
        def accepted() -> bool:
            with suppress(OSError):
                asked = self.site.api("POST", f"{self.path}/sync/", {"kind": kind})
                return asked.status == 202
            return False

        self.site.platform.wait_for(accepted, PATIENCE)
        return self.wait_for_end()

    def wait_for_requests(self, count: int) -> bool:
        """Until the tracker was asked so often; False where the run ended before."""

        def reached() -> str:
            asked = len(self.requests())
            return "yes" if asked >= count else "" if self.is_open() else "no"

        return bool(self.site.platform.wait_for(reached, PATIENCE) == "yes")

    def wait_for_numbers(self, total: int) -> dict[str, Any]:
        """Until the summary counts so many issues: it follows by itself."""

        def counted() -> dict[str, Any] | None:
            path = f"{self.path}/analytics/summary/?from=2000-01-01"
            summary: dict[str, Any] = self.site.api("GET", path).data
            return summary if summary["total_issues"] == total else None

        summary: dict[str, Any] = self.site.platform.wait_for(counted, PATIENCE)
        return summary

    def is_open(self) -> bool:
        return self.newest_run()["state"] in OPEN_STATES

    def kill_child(self) -> None:
        """`kill -9` of the very process that syncs, if one does."""
        query = "SELECT lease_owner FROM integrations_syncrun WHERE integration_id = {}"
        for (owner,) in self.site.execute(query.format(self.integration)):
            if owner:
                with suppress(ProcessLookupError):
                    os.kill(int(owner.rpartition(":")[2]), signal.SIGKILL)

    def requests(self) -> list[Seen]:
        number = self.site.trackers.github.repository(self.repository).id
        places = (f"/repos/{self.repository}/", f"/repositories/{number}/")
        return [
            seen for seen in self.site.trackers.journal.all() if any(p in seen.path for p in places)
        ]

    def fetched_twice(self) -> int:
        """Pages, however often each."""
        asked = Counter(f"{seen.path}?{seen.query_string}" for seen in self.requests())
        return sum(count - 1 for count in asked.values())

    def fencing_token(self) -> int:
        """How often its runs were claimed."""
        query = "SELECT sum(fencing_token) FROM integrations_syncrun WHERE integration_id = {}"
        return int(self.site.execute(query.format(self.integration))[0][0])

    def differences(self) -> dict[str, Any]:
        tables = read_tables(self.site.execute, self.integration)
        return differences(tables, read_truth(self.site.trackers.url, self.repository))
