"""Choice of connections to close above the limits."""

from dataclasses import dataclass, field

from diip import web_worker
from diip.web_worker import SILENT_SECONDS, Channel, tidy

NOW = 1000.0


@dataclass
class Client:
    """Channel attributes that `tidy` reads."""

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


def test_idle_and_stalled_clients_are_closed():
    long_ago = NOW - SILENT_SECONDS - 1

    assert closed(
        Client(long_ago),
        Client(long_ago, total_outbufs_len=5),
        Client(long_ago, requests=[1], total_outbufs_len=5),  # its thread waits for it
        Client(long_ago + 2),
    ) == [True, True, True, False]


def test_client_waiting_for_a_response_is_kept():
    assert closed(Client(0.0, requests=[1])) == [False]


def test_idle_clients_are_closed_first_above_the_limit(monkeypatch):
    monkeypatch.setattr(web_worker, "CONNECTIONS", 3)

    assert closed(Client(NOW - 9, requests=[1]), Client(NOW - 8), Client(NOW - 7), Client(NOW)) == [
        False,
        True,
        True,
        False,
    ]


def test_slowest_clients_are_closed_above_the_buffer_limit(monkeypatch):
    monkeypatch.setattr(web_worker, "HELD_BYTES", 100)

    assert closed(
        Client(NOW - 1, total_outbufs_len=60),
        Client(NOW - 9, total_outbufs_len=60),
        Client(NOW - 50),
        Client(NOW, total_outbufs_len=40),
    ) == [False, True, False, False]
