"""Work for disconnected clients is cancelled."""

import socket
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse

from diip.common.database import limits
from diip.common.database.limits import TookTooLong, within
from diip.common.http_api.disconnects import HangUpMiddleware, is_gone
from diip.tests.endless import ENDLESS


@pytest.fixture
def line() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Connected sockets: ours and the client's."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_waiting_client_is_connected(line: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = line

    theirs.send(b"GET / HTTP/1.1\r\n\r\n")

    assert not is_gone(ours)


def test_closed_connection_is_detected(line: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = line

    theirs.close()

    assert is_gone(ours)


def serve(
    line: tuple[socket.socket, socket.socket], method: str, work: Callable[[], object]
) -> None:
    request = HttpRequest()
    request.method, request.META["gunicorn.socket"] = method, line[0]

    def respond(request: HttpRequest) -> HttpResponse:
        work()
        return HttpResponse()

    HangUpMiddleware(respond)(request)


@pytest.mark.django_db(transaction=True)
def test_reads_are_cancelled_on_disconnect(line: tuple[socket.socket, socket.socket]) -> None:
    def search() -> None:
        with within(1000), connection.cursor() as cursor:
            cursor.execute(ENDLESS[connection.vendor])

    line[1].close()

    with pytest.raises(TookTooLong):
        serve(line, "GET", search)


@pytest.mark.parametrize(("method", "ends"), [("GET", True), ("HEAD", True), ("POST", False)])
def test_writes_complete_after_disconnect(
    line: tuple[socket.socket, socket.socket], method: str, ends: bool
) -> None:
    seen: list[bool] = []
    line[1].close()

    serve(line, method, lambda: seen.append(limits.is_given_up()))

    assert seen == [ends]
    assert not limits.is_given_up()
