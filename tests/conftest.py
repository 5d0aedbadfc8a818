"""Where end-to-end tests run: on the parts that DATABASE_URL and REDIS_URL name, else embedded."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from integrations.http import session
from integrations.http.transport import Environment
from simulator.server import TrackerServer
from tests.platform import Platform, own_broker, own_database
from tests.simulated_sync import Desk, make_desk
from tests.sync_truth import UNTIL


@pytest.fixture
def database_url() -> Iterator[str | None]:
    with own_database() as url:
        yield url


@pytest.fixture
def platform(tmp_path: Path, database_url: str | None) -> Iterator[Platform]:
    """A running platform without the simulator, for one test."""
    with Platform(tmp_path / "var", database_url, own_broker(), simulator=False) as running:
        yield running


@pytest.fixture(scope="module")
def lasting_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The same for the tests of a module that leave it as it is; it begins with nothing."""
    var_dir = tmp_path_factory.mktemp("platform") / "var"
    with own_database(template="") as database_url:
        running = Platform(var_dir, database_url, own_broker(), simulator=False)
        running.template = ""
        with running:
            yield running


@pytest.fixture(scope="module")
def trackers() -> Iterator[TrackerServer]:
    """The simulator, on loopback."""
    with TrackerServer(issues=5, until=UNTIL, repositories={"octo/still": 210}) as server:
        yield server


@pytest.fixture
def open_desk(db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Desk]:
    """`open_desk(trackers, issues=210)`: a connected repository, and no sleeping."""
    monkeypatch.setattr(session, "Environment", lambda: Environment(sleep=lambda _: None))

    def make(server: TrackerServer, issues: int = 210, repository: str = "") -> Desk:
        server.faults.clear()
        server.clock.reset()
        server.github.access.revoked.clear()
        server.github.access.forget_usage()
        settings.DIIP_PRIVATE_HOSTS = [f"127.0.0.1:{server.port}"]
        return make_desk(server, issues, repository)

    return make


@pytest.fixture
def desk(trackers: TrackerServer, open_desk: Callable[..., Desk]) -> Desk:
    """Three pages of issues and pull requests, not synced yet."""
    return open_desk(trackers)


@pytest.fixture
def still_desk(trackers: TrackerServer, open_desk: Callable[..., Desk]) -> Desk:
    """The same for tests that change nothing upstream: they share one repository."""
    return open_desk(trackers, repository="octo/still")
