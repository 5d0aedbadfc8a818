"""Whose connection is closed when there are too many, or too much waits for them."""

from dataclasses import dataclass, field

from diip import web_worker
from diip.web_worker import SILENT_SECONDS, Channel, tidy

NOW = 1000.0


@dataclass
class Client:
    """What `tidy` asks of a channel."""

    last_activity: float = NOW
    requests: list[object] = field(default_factory=list)
    total_outbufs_len: int = 0
    request: object = None
    will_close: bool = False

    held = Channel.held
    is_at_rest = Channel.is_at_rest
    is_silent = Channel.is_silent


def closed(*clients: Client) -> list[bool]:
    tidy(list(clients), NOW)
    return [client.will_close for client in clients]


def test_who_is_silent_is_closed_whether_idle_or_taking_nothing():
    long_ago = NOW - SILENT_SECONDS - 1

    assert closed(
        Client(long_ago),
        Client(long_ago, total_outbufs_len=5),
        Client(long_ago, requests=[1], total_outbufs_len=5),  # its thread waits for it
        Client(long_ago + 2),
    ) == [True, True, True, False]


def test_who_waits_for_us_is_not_silent():
    assert closed(Client(0.0, requests=[1])) == [False]


def test_of_too_many_those_at_rest_go_first(monkeypatch):
    monkeypatch.setattr(web_worker, "CONNECTIONS", 3)

    assert closed(Client(NOW - 9, requests=[1]), Client(NOW - 8), Client(NOW - 7), Client(NOW)) == [
        False,
        True,
        True,
        False,
    ]


def test_of_too_much_the_slowest_go(monkeypatch):
    monkeypatch.setattr(web_worker, "HELD_BYTES", 100)

    assert closed(
        Client(NOW - 1, total_outbufs_len=60),
        Client(NOW - 9, total_outbufs_len=60),
        Client(NOW - 50),
        Client(NOW, total_outbufs_len=40),
    ) == [False, True, False, False]
