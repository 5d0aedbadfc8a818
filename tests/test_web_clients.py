"""A real web server and clients that are slow, odd or gone."""

import json
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import web_harms as harms
from tests.web_harms import EXPORT, ISSUES, Web

pytestmark = [pytest.mark.e2e, pytest.mark.embedded]
LONG_HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ".ljust(8190 + 65_536, b"x")
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    web = Web(tmp_path_factory.mktemp("web"))
    web.env |= {"WEB_WORKERS": "1", "WEB_THREADS": "2", "ACCESS_LOG": "-"}
    with web:
        yield web


def receive(client: socket.socket) -> bytes:
    """All, to the end of the connection."""
    parts = []
    while part := client.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def send(web: Web, request: bytes) -> bytes:
    with web.connect() as client:
        client.sendall(request)
        return receive(client)


def test_the_process_that_forks_holds_no_connection(web: Web) -> None:
    """A connection open across a fork destroys SQLite files and mixes answers of PostgreSQL."""
    links = Path(f"/proc/{web.process.pid}/fd").iterdir()

    held = [str(link.readlink()) for link in links]

    assert web.processes()  # it has forked
    assert not [file for file in held if file.startswith(web.env["DIIP_VAR_DIR"])]
    listening, *others = [file for file in held if file.startswith("socket:")]
    assert listening
    assert not others


@pytest.mark.parametrize("one", [harms.half_head, harms.half_body, harms.idler])
def test_who_sends_nothing_more_keeps_nobody_waiting(web: Web, one) -> None:
    with harms.many(24, lambda: one(web)):
        assert web.ask("/healthz").status == 200


def test_who_takes_nothing_keeps_nobody_waiting(web: Web) -> None:
    with harms.many(6, lambda: harms.slow_reader(web)):
        assert web.ask("/api/projects/", token=web.token).status == 200


def test_a_slow_reader_has_the_whole_file_in_the_end(web: Web) -> None:
    with harms.slow_reader(web) as client:
        assert web.ask("/healthz").status == 200
        received = receive(client)

    end = json.dumps({"complete": True, "rows": ISSUES}, separators=(",", ":")).encode()
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert end in received[-200:]
    assert received.endswith(b"\r\n0\r\n\r\n")


def test_requests_sent_together_are_answered_in_turn(web: Web) -> None:
    received = send(web, HEALTH + b"\r\n" + HEALTH + b"Connection: close\r\n\r\n")

    assert received.count(b"HTTP/1.1 200 OK") == 2


def test_a_body_in_chunks_is_read(web: Web) -> None:
    body = b'{"email": "ann@example.com", "password": "wrong"}'
    head = (
        b"POST /api/auth/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )

    received = send(web, head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))

    assert received.startswith(b"HTTP/1.1 401 ")


def test_who_expects_to_be_told_goes_on_is_told(web: Web) -> None:
    head = b"POST /api/auth/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n"
    with web.connect() as client:
        client.sendall(head + b"Expect: 100-continue\r\nConnection: close\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 100 Continue\r\n")

        client.sendall(b"{}")
        assert receive(client).startswith(b"HTTP/1.1 4")


def test_head_has_the_headers_alone(web: Web) -> None:
    token = f"Authorization: Bearer {web.token}\r\n".encode()
    head = b"HEAD " + EXPORT.encode() + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n" + token

    received = send(web, head + b"Connection: close\r\n\r\n")

    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert received.endswith(b"\r\n\r\n")
    assert received.count(b"\r\n\r\n") == 1


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (LONG_HEAD, 431),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"\x16\x03\x01 what TLS begins with\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_is_a_problem_and_names_no_server(web, request_, status) -> None:
    received = send(web, request_)

    head, _, body = received.partition(b"\r\n\r\n")
    assert f" {status} ".encode() in head.split(b"\r\n")[0]
    assert b"application/problem+json" in head
    assert json.loads(body)["status"] == status
    assert b"waitress" not in received.lower()


def test_two_lengths_are_refused(web: Web) -> None:
    lengths = b"Content-Length: 2\r\nContent-Length: 3\r\n"

    received = send(web, b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + lengths + b"\r\n{}")

    assert b" 400 " in received.split(b"\r\n")[0]


def test_a_line_of_the_log_has_no_query(web: Web) -> None:
    path = b"GET /healthz?q=secret HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: 192.0.2.7\r\n"
    send(web, path + b"Connection: close\r\n\r\n")

    lines = [line for line in web.log_file.read_text().splitlines() if "192.0.2.7" in line]
    logged = json.loads(lines[-1])

    assert (logged["path"], logged["status"], logged["method"]) == ("/healthz", 200, "GET")
    assert int(logged["bytes"]) > 0
    assert len(logged["request_id"]) > 8
    assert "secret" not in "".join(lines)


def test_a_process_that_is_replaced_loses_no_request(tmp_path) -> None:
    web = Web(tmp_path)
    web.env["GUNICORN_CMD_ARGS"] = "--max-requests 20 --max-requests-jitter 0"
    with web:
        first = web.processes()
        with harms.many(3, lambda: harms.idler(web)):
            statuses = {web.ask("/healthz").status for _ in range(100)}

        assert statuses == {200}
        assert not first & web.processes()


def test_a_stop_lets_a_reader_finish_and_waits_for_nobody_idle(tmp_path) -> None:
    with Web(tmp_path) as web, harms.many(3, lambda: harms.idler(web)):
        with harms.slow_reader(web) as client, harms.half_head(web):
            first = client.recv(1024)
            web.process.send_signal(signal.SIGTERM)
            received: list[bytes] = []
            reading = threading.Thread(target=lambda: received.append(receive(client)))
            reading.start()
            assert web.process.wait(harms.PATIENCE) == 0
            reading.join()

        assert first.startswith(b"HTTP/1.1 200 OK\r\n")
        assert received[0].endswith(b"\r\n0\r\n\r\n")
