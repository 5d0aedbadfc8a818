from collections.abc import Callable, Iterator

import pytest
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from monitoring import broker
from monitoring.health import readiness


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[Callable[[], tuple]]:
    """Return a function that requests `/readyz` while all checks pass by default."""
    monkeypatch.setitem(readiness.CHECKS, "broker", lambda: True)
    readiness._remember_applied.cache_clear()

    def ask() -> tuple:
        response = Client().get("/readyz")
        return response.status_code, response.json()

    assert ask() == (200, {"status": "ok"})
    readiness._remember_applied.cache_clear()
    yield ask
    readiness._remember_applied.cache_clear()


def test_liveness_needs_no_query(django_assert_num_queries, db: None) -> None:
    with django_assert_num_queries(0):
        response = Client().get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


def test_missing_migration_is_named(ready: Callable[[], tuple]) -> None:
    newest = MigrationLoader(connection).graph.leaf_nodes("issues")[0]
    MigrationRecorder(connection).record_unapplied(*newest)

    assert ready() == (503, {"status": "unavailable", "down": ["migrations"]})


def test_silent_broker_is_named(
    ready: Callable[[], tuple], monkeypatch: pytest.MonkeyPatch, settings
) -> None:
    settings.REDIS_URL = "redis://:hidden@127.0.0.1:1/0"
    monkeypatch.setitem(readiness.CHECKS, "broker", broker.is_answering)

    assert ready() == (503, {"status": "unavailable", "down": ["broker"]})


def test_silent_database_is_named(
    ready: Callable[[], tuple], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise OperationalError("connection to server at 10.1.2.3 failed")

    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", refuse)
        status, answer = ready()

    assert status == 503
    assert answer["down"][0] == "database"
    assert "10.1.2.3" not in str(answer)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_read_only(path: str) -> None:
    assert Client().post(path).status_code == 405
