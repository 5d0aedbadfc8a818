"""Two gates on one machine do not disturb each other."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis

from scripts import borrowed_servers, lanes, stages


def test_each_gate_has_a_redis_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHECK_REDIS_URL", raising=False)

    with borrowed_servers.borrow_brokers() as ours, redis.Redis.from_url(ours[0]) as client:
        client.set("ours", 1)
        with borrowed_servers.borrow_brokers() as theirs:
            assert not set(ours) & set(theirs)
            with redis.Redis.from_url(theirs[0]) as other:
                assert other.get("ours") is None
                other.flushall()

        assert client.get("ours") == b"1"


def test_a_port_that_somebody_takes_meanwhile_is_left_to_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    free = borrowed_servers.choose_port
    with borrowed_servers.start_redis() as theirs:
        taken = int(theirs[0].split(":")[2].partition("/")[0])
        ports = iter([taken])
        monkeypatch.setattr(borrowed_servers, "choose_port", lambda: next(ports, 0) or free())

        with borrowed_servers.start_redis() as ours:
            assert ours[0] != theirs[0]


def test_each_gate_names_its_databases_differently() -> None:
    assert borrowed_servers.name_database() != borrowed_servers.name_database()


def test_stages_that_run_at_once_use_databases_of_different_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[str] = []

    class Recording(lanes.Lane):
        def run(self, *command: str, **env: str) -> bool:
            given.append(env["DATABASE_URL"])
            return True

    @contextmanager
    def named_otherwise(beside: str) -> Iterator[tuple[str, str]]:
        yield "other", "postgres://somebody@127.0.0.1/other"

    monkeypatch.setattr(stages, "new_database", named_otherwise)
    url = "postgres://somebody@127.0.0.1/ours"
    lane = Recording(servers={"DATABASE_URL": url, "TEST_REDIS_URLS": "redis://127.0.0.1/0"})

    stages.postgres_fast(lane)
    stages.postgres_e2e(lane)

    assert given[0] == url
    assert url not in given[1:]
