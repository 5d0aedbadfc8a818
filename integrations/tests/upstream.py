"""Scripted web server on loopback."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from integrations.http.session import open_session
from integrations.http.transport import Environment

Answer = Callable[[BaseHTTPRequestHandler], None]


class Upstream(ThreadingHTTPServer):
    """Server that replies in order, repeats the last reply and records requests."""

    daemon_threads = True

    def __init__(self, *answers: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = list(answers)
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.bodies: list[bytes] = []
        """Body of each post."""

    @property
    def port(self) -> int:
        return self.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that disconnect: many tests do."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Upstream

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((self.path, headers))
        answers = self.server.answers
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def upstream(*answers: Answer, pem: Path | None = None) -> Iterator[Upstream]:
    """Serve these replies, over TLS if a certificate with its key is given."""
    server = Upstream(*answers)
    if pem:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(pem)
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def answer(body: bytes = b"[]", status: int = 200, **headers: str) -> Answer:
    """Build a complete reply; `retry_after="1"` becomes the header `retry-after`."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in ({"content_length": str(len(body))} | headers).items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return send


def raw(data: bytes) -> Answer:
    """Send these bytes, then close the connection."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(data)

    return send


def drip(piece: bytes, head: bytes = b"") -> Answer:
    """Send data until the client disconnects."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(head)
        while True:
            handler.wfile.write(piece)

    return send


class FakeWorld:
    """Clock that advances on sleep, and slightly on each reading."""

    def __init__(self, tick: float = 0.0) -> None:
        self.now = 0.0
        self.tick = tick
        self.pauses: list[float] = []
        self.resolved: list[str] = []
        self.addresses = ["127.0.0.1"]

    def outside(self) -> Environment:
        return Environment(
            clock=self._clock, sleep=self._sleep, resolve=self._resolve, random=lambda: 1.0
        )

    def _clock(self) -> float:
        self.now += self.tick
        return self.now

    def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def _resolve(self, host: str, port: int) -> list[str]:
        self.resolved.append(host)
        return [host] if host[0].isdigit() else self.addresses


@pytest.fixture
def world() -> FakeWorld:
    return FakeWorld()


@pytest.fixture
def session(world, settings):
    """Return `session(server)`, which opens a session with an allowed server."""

    def open_to(server, base_url=None, **options):
        settings.DIIP_PRIVATE_HOSTS = [
            f"{name}:{server.port}" for name in ("127.0.0.1", "ghe.test")
        ]
        options.setdefault("outside", world.outside())
        return open_session(provider="github", base_url=base_url or server.url, **options)

    return open_to
