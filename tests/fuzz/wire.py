"""One request, byte for byte as it is wanted, and its answer."""

import http.client
import socket
import time
from dataclasses import dataclass, field

SECONDS = 30


@dataclass(frozen=True)
class Request:
    method: bytes
    target: bytes
    body: bytes | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()
    """They stand instead of those that every request has."""
    actor: str = "owner"
    route: str = ""
    is_last: bool = False
    """It may take away what others need."""
    is_foreign: bool = False
    """Asks for what the outsider owns."""

    def on_the_wire(self, port: int, authority: tuple[tuple[bytes, bytes], ...]) -> bytes:
        usual = {
            b"Host": b"127.0.0.1:%d" % port,
            b"X-Forwarded-Proto": b"https",
            b"X-Forwarded-For": b"198.51.100.7",
            b"Connection": b"close",
            **dict(authority),
        }
        if self.body is not None:
            usual |= {
                b"Content-Type": b"application/json",
                b"Content-Length": b"%d" % len(self.body),
            }
        own = {name.title() for name, _ in self.headers}
        lines = [(name, value) for name, value in usual.items() if name not in own]
        head = b"".join(b"%s: %s\r\n" % line for line in (*lines, *self.headers))
        first = b"%s %s HTTP/1.1\r\n" % (self.method, self.target)
        return first + head + b"\r\n" + (self.body or b"")


@dataclass(frozen=True)
class Answer:
    status: int
    """0: the connection was closed without one."""
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def send(port: int, request: Request, authority: tuple[tuple[bytes, bytes], ...]) -> Answer:
    started = time.monotonic()
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as sock:
            _write(sock, request.on_the_wire(port, authority))
            answer = http.client.HTTPResponse(sock, method=request.method.decode("latin-1"))
            answer.begin()
            body = answer.read()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, body, told, time.monotonic() - started)
    except (OSError, http.client.HTTPException):
        return Answer(0, seconds=time.monotonic() - started)


def _write(sock: socket.socket, data: bytes) -> None:
    try:
        sock.sendall(data)
        if b"99999999999" in data[:4096] or b"chunked" in data[:4096]:
            sock.shutdown(socket.SHUT_WR)  # it promised more than it has
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused before all was read: the answer is there all the same
