"""A real web process with requests that hang, and with clients that hang up."""

import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from tests.platform import Platform, own_broker

pytestmark = pytest.mark.e2e


@pytest.fixture
def impatient(tmp_path: Path, database_url: str | None) -> Iterator[Platform]:
    """It waits for nothing longer than for a moment."""
    platform = Platform(tmp_path / "var", database_url, own_broker(), simulator=False)
    platform.env["DIIP_WATCHDOG_SECONDS"] = "2"
    with platform:
        yield platform


@contextmanager
def held(platform: Platform) -> Iterator[None]:
    """Nobody else writes a project."""
    url = platform.env.get("DATABASE_URL")
    if url:
        with psycopg.connect(url) as database:
            database.execute("LOCK TABLE projects_project")
            yield
        return
    with closing(sqlite3.connect(platform.var_dir / "diip.sqlite3", timeout=60)) as database:
        database.execute("BEGIN IMMEDIATE")
        yield
        database.rollback()


def test_a_request_that_hangs_costs_its_process_and_nothing_else(impatient: Platform) -> None:
    token = impatient.register("ann@example.com")

    def create() -> None:
        with suppress(OSError):  # the process is gone, and with it the answer
            impatient.api("POST", "/api/projects/", {"name": "Ours"}, token)

    hanging = threading.Thread(target=create)
    with held(impatient):
        hanging.start()
        impatient.wait_for(lambda: "A request hung for 2 s" in impatient.log)
    hanging.join()

    def answers() -> bool:
        with suppress(OSError):
            return impatient.api("POST", "/api/projects/", {"name": "Ours"}, token).status == 201
        return False

    impatient.wait_for(answers)


@pytest.fixture
def patient(tmp_path: Path, database_url: str | None) -> Iterator[Platform]:
    """Its statements may take for ever."""
    platform = Platform(tmp_path / "var", database_url, own_broker(), simulator=False)
    platform.env["DIIP_WEB_STATEMENT_SECONDS"] = "1000"
    platform.env["DIIP_WATCHDOG_SECONDS"] = "0"
    with platform:
        yield platform


def waiting_for_a_lock(url: str) -> int:
    with psycopg.connect(url) as database:
        query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        (count,) = database.execute(f"{query} AND datname = current_database()").fetchall()[0]
        return int(count)


def test_nothing_is_done_for_a_client_that_hung_up(
    patient: Platform, database_url: str | None
) -> None:
    if database_url is None:
        pytest.skip("nothing keeps a reader of SQLite waiting")
    token = patient.register("ann@example.com")
    asked = (
        f"GET /api/projects/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
    )

    with held(patient), socket.create_connection(("127.0.0.1", patient.port)) as client:
        client.sendall(asked.encode())
        patient.wait_for(lambda: waiting_for_a_lock(database_url) == 1)
        client.close()

        patient.wait_for(lambda: waiting_for_a_lock(database_url) == 0)
