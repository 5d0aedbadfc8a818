"""A project connected to a simulated tracker over real HTTP, in this process.

Nothing sleeps: retries follow at once, and what is told to wait is made due by its rows.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from integrations.http import session as http_session
from integrations.http import transport
from integrations.lifecycle.connect import connect_scope
from integrations.lifecycle.sync_requests import request_sync
from integrations.models import Integration, SyncRun
from issues import run_engine, services
from issues.sync.scheduler import dispatch_runs
from projects.models import Project
from simulator.github.changes import Changes
from simulator.journal import Seen
from simulator.server import TrackerServer
from tests.sync_truth import Tables, differences, read_tables, read_truth

TOKEN = "ghp_one"
_NUMBERS = count(1)


@cache
def _read_truth(url: str, repository: str, version: int) -> Tables:
    return read_truth(url, repository)


def query(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


@dataclass
class Desk:
    """One repository and the integration that reads it."""

    server: TrackerServer
    repository: str
    integration: Integration
    owner: User

    @property
    def repository_path(self) -> str:
        """What every request about it matches, by name or by id."""
        number = self.server.github.repository(self.repository).id
        return f"/({self.repository}|repositories/{number})/"

    @property
    def changes(self) -> Changes:
        return self.server.github.changes(self.repository)

    def strike(self, kind: str, *, path: str = r"/issues\?", nth: int = 2, **options: Any) -> None:
        """A fault, for good, from the second page of issues on; `times=1` strikes once."""
        rule = {"times": None, **options}
        self.server.faults.add(kind, path=path, nth=nth, **rule)

    def issue_on_page(self, page: int, *, skip: int = 0) -> tuple[int, str, int]:
        """Row, id and number of the first one that is no pull request."""
        repository = self.server.github.repository(self.repository)
        first = (page - 1) * 100 + 1
        issues = [i for n in range(first, first + 100) if not (i := repository.issue(n)).is_pull]
        issue = issues[skip]
        return issue.number - first, str(issue.id), issue.number

    # --- syncing ---------------------------------------------------------------------------------

    def sync(self, kind: str = "incremental", trigger: str = "manual") -> SyncRun:
        """One run, to where it ends or has to wait."""
        self.integration.refresh_from_db()
        run, _ = request_sync(integration=self.integration, trigger=trigger, kind=kind)
        self.advance(run)
        self.integration.refresh_from_db()
        return run

    @staticmethod
    def advance(run: SyncRun) -> None:
        while run_engine.advance_run(run.pk, owner="test") is run_engine.Progress.MORE:
            pass
        run.refresh_from_db()

    def sweep(self) -> None:
        """Everything that may begin or go on with a sync by itself or by hand, twice."""
        for _ in range(2):
            services.park_stuck_runs()
            for run_id in [*services.start_due_syncs(), *(turn.run_id for turn in dispatch_runs())]:
                run_engine.advance_run(run_id, owner="sweep")
            for run in SyncRun.objects.filter(integration=self.integration):
                run_engine.advance_run(run.pk, owner="eager")
            services.retry_failed()

    def recover(self, kind: str = "incremental") -> SyncRun:
        """The fault is over and the waiting too."""
        self.server.faults.clear()
        self.make_due()
        return self.sync(kind)

    def make_due(self) -> None:
        past = timezone.now() - timedelta(seconds=1)
        row = Integration.objects.filter(pk=self.integration.pk)
        row.exclude(next_sync_at=None).update(next_sync_at=past)
        SyncRun.objects.filter(integration=self.integration).update(not_before=past)

    # --- looking ---------------------------------------------------------------------------------

    def tables(self) -> Tables:
        return read_tables(query, self.integration.pk)

    def truth(self) -> Tables:
        version = self.server.github.repository(self.repository).version
        return _read_truth(self.server.url, self.repository, version)

    def differences(self, *, history: bool = True) -> dict[str, Any]:
        return differences(self.tables(), self.truth(), history=history)

    def requests(self, path: str = "") -> list[Seen]:
        """What the tracker was asked of issues since the journal was last cleared."""
        return [seen for seen in self.server.journal.all(path) if "_control" not in seen.path]


def make_desk(server: TrackerServer, issues: int = 0, repository: str = "") -> Desk:
    """A repository of its own, or the one named, connected; its first sync has yet to come."""
    number = next(_NUMBERS)
    if not repository:
        repository = f"octo/desk{number}"
        server.github.add_repository(repository, issues)
    owner = User.objects.create_user(f"desk{number}@example.com", "correct horse 9")
    integration = connect_scope(
        project=Project.objects.create(name=repository),
        actor=owner,
        provider="github",
        given={"token": TOKEN, "repository": repository, "api_url": f"{server.url}/github"},
    )
    server.journal.clear()
    return Desk(server, repository, integration, owner)


def lose_patience_with_second_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page before it may take as long as a busy machine needs."""
    exchange, asked = http_session.Session._exchange, count(1)

    def ask(session: http_session.Session, url: str, *rest: Any) -> Any:
        if "/issues?" in url and next(asked) == 2:
            monkeypatch.setattr(transport, "READ_SECONDS", 0.1)
            monkeypatch.setattr(http_session, "TOTAL_SECONDS", 0.3)
        return exchange(session, url, *rest)

    monkeypatch.setattr(http_session.Session, "_exchange", ask)
