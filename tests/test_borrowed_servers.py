"""Two gates on one machine do not disturb each other."""

import pytest
import redis

from scripts import borrowed_servers


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
