"""Health and metrics of the running platform, while its parts are stopped."""

import os
import signal
import sqlite3
from pathlib import Path

import psycopg
import pytest

from tests.platform import Platform, own_broker

# A borrowed Redis keeps no file, which health rightly warns of: all is well on embedded parts only.
pytestmark = [pytest.mark.e2e, pytest.mark.embedded]
SILENT = 6


@pytest.fixture
def watched(tmp_path: Path, database_url: str | None, monkeypatch: pytest.MonkeyPatch) -> Platform:
    monkeypatch.setenv("DIIP_HEARTBEAT_SECONDS", "0.5")
    monkeypatch.setenv("DIIP_HEARTBEAT_TIMEOUT", str(SILENT))
    monkeypatch.setenv("DIIP_HEALTH_TIMEOUT", "20")  # a busy machine is no fault
    redis_url = own_broker()
    with Platform(tmp_path / "var", database_url, redis_url, simulator=False) as running:
        yield running


def admin_token(platform: Platform, database_url: str | None) -> str:
    token = platform.register("root@example.com")
    statement = "UPDATE accounts_user SET role = 'admin'"
    if database_url:
        with psycopg.connect(database_url) as connection:
            connection.execute(statement)
    else:
        with sqlite3.connect(platform.var_dir / "diip.sqlite3", timeout=60) as connection:
            connection.execute(statement)
    return token


def states(platform: Platform, token: str) -> dict[str, str]:
    reply = platform.api("GET", "/api/admin/health/", token=token)
    assert reply.status == 200, reply
    return {component["name"]: component["status"] for component in reply.data["components"]}


def test_health_turns_with_the_processes(watched: Platform, database_url: str | None) -> None:
    token = admin_token(watched, database_url)

    watched.wait_for(lambda: set(states(watched, token).values()) == {"ok"})

    for name, part in (("worker", "workers"), ("beat", "beat")):
        process = watched.pids()[name]
        os.kill(process, signal.SIGSTOP)
        watched.wait_for(lambda part=part: states(watched, token)[part] == "failing")
        os.kill(process, signal.SIGKILL)
        watched.wait_for(lambda part=part: states(watched, token)[part] == "ok")

    broker = watched.pids()["broker"]
    os.kill(broker, signal.SIGSTOP)
    watched.wait_for(lambda: states(watched, token)["broker"] == "failing")
    told = states(watched, token)
    os.kill(broker, signal.SIGCONT)
    assert (told["workers"], told["beat"]) == ("warning", "warning")  # nobody knows
    watched.wait_for(lambda: set(states(watched, token).values()) == {"ok"})

    page = lambda: watched.api("GET", "/metrics").data  # noqa: E731
    watched.wait_for(lambda: "diip_workers_alive 1.0" in page())
    assert "diip_database_up 1.0" in page()
