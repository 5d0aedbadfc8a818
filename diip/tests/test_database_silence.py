"""PostgreSQL that accepts connections and statements but does not respond."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend

from diip.common.database import silence as module
from diip.common.database.limits import within
from diip.common.database.postgresql import base
from diip.common.database.silence import silence
from tests.fault_proxy import FINE, FaultProxy, Trouble

SILENT = Trouble("silent")
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_outage(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Reset the outage state and shorten all waits."""
    monkeypatch.setattr(module, "REST_SECONDS", 0.0)
    monkeypatch.setattr(base, "CHECK_SECONDS", 0.2)
    monkeypatch.setattr(base, "GRACE_SECONDS", 0.4)
    monkeypatch.setattr(base, "CANCEL_SECONDS", 0.2)
    yield
    silence.forget()


@pytest.fixture
def network() -> Iterator[FaultProxy]:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite uses no network")
    known = connection.settings_dict
    with FaultProxy(known["HOST"] or "127.0.0.1", int(known["PORT"] or 5432)) as proxy:
        yield proxy


@pytest.fixture
def through(network: FaultProxy) -> Iterator[BaseDatabaseWrapper]:
    """Return a used connection through the network."""
    known = connection.settings_dict
    options = {**known["OPTIONS"], "connect_timeout": 2}
    there = {"HOST": "127.0.0.1", "PORT": network.port, "OPTIONS": options}
    backend = load_backend(known["ENGINE"])
    database = backend.DatabaseWrapper({**known, **there}, "through")
    ask(database)
    yield database
    database.close()


def ask(database: BaseDatabaseWrapper) -> Any:
    with within(0.2), database.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone()[0]


def copy(database: BaseDatabaseWrapper) -> None:
    with within(0.2), database.cursor() as cursor, cursor.copy("COPY pg_class TO STDOUT") as rows:
        list(rows)


def commit(database: BaseDatabaseWrapper) -> None:
    with within(0.2):
        database.commit()


WAITS: dict[str, Callable[[BaseDatabaseWrapper], Any]] = {
    "answer": ask,
    "copy": copy,
    "commit": commit,
}


@pytest.mark.parametrize("wait", WAITS)
def test_every_wait_ends(wait: str, through: Any, network: FaultProxy) -> None:
    if wait == "commit":
        through.set_autocommit(False)
        ask(through)
    network.be(SILENT)

    with pytest.raises((OperationalError, psycopg.OperationalError)):
        WAITS[wait](through)

    assert through.connection.closed
    assert silence.lasts


def test_persistent_connection_is_checked_before_use(through: Any, network: FaultProxy) -> None:
    network.be(SILENT)

    assert not through.is_usable()


def test_working_connection_is_kept_and_ends_the_outage(through: Any) -> None:
    silence.begin()

    assert through.is_usable()
    assert not silence.lasts


def test_closing_does_not_wait(through: Any, network: FaultProxy) -> None:
    network.be(SILENT)

    through.close()

    assert through.connection is None


def test_only_one_thread_connects_during_an_outage(through: Any, network: FaultProxy) -> None:
    network.be(SILENT)
    with pytest.raises(OperationalError):
        ask(through)
    connect = through.copy().connect

    with ThreadPoolExecutor(1) as pool, silence.asking():
        refused = pool.submit(connect).exception()
        network.be(FINE)

    assert "next attempt follows" in str(refused)


def test_recovery_ends_the_outage(through: Any, network: FaultProxy) -> None:
    network.be(SILENT)
    with pytest.raises(OperationalError):
        ask(through)
    network.be(FINE)

    through.close()

    assert ask(through) == 1
    assert not silence.lasts


def test_slow_statement_is_no_outage(through: Any) -> None:
    with pytest.raises(OperationalError), within(0.05), through.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(1000)")

    assert not silence.lasts
    assert ask(through) == 1


def test_forked_child_resets_the_outage() -> None:
    silence.begin()
    with silence.asking():
        silence.forget()

        with silence.asking():
            pass
