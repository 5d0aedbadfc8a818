"""Load test: gunicorn configured as in production, with concurrent connections."""

import itertools
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import backend_seconds

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60


@dataclass(frozen=True)
class Load:
    """Results of a load test."""

    per_second: float
    p50_ms: float
    p99_ms: float
    errors: int
    cpu_ms: float
    """CPU milliseconds of the web processes per request."""


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """Return the CPU seconds of all workers, including replaced ones."""
        own = Path(f"/proc/{self.pid}")
        workers = (own / f"task/{self.pid}/children").read_text().split()
        ended = (own / "stat").read_text().rpartition(")")[2].split()[13:15]
        return sum(backend_seconds(int(worker)) or 0.0 for worker in workers) + sum(
            int(ticks) / os.sysconf("SC_CLK_TCK") for ticks in ended
        )


@contextmanager
def serve(environment: dict[str, str]) -> Iterator[Server]:
    """Run 2 workers with 4 threads each on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {"PORT": str(port), "HOST": "127.0.0.1", "WEB_WORKERS": "2", "WEB_THREADS": "4"}
    own["DIIP_REQUESTS_PER_MINUTE"] = "100000000"  # one client sends all requests
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "diip.wsgi", "--log-level", "warning"],
        cwd=ROOT,
        env={**os.environ, **environment, **own},
    )
    try:
        _wait_for(port)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("gunicorn did not start")


def put_under_load(
    server: Server, paths: Sequence[str], token: str, *, connections: int, seconds: float
) -> Load:
    """Send requests over all connections, each as fast as it is answered."""
    with ThreadPoolExecutor(connections) as pool:
        until, cpu, began = time.monotonic() + seconds, server.cpu_seconds(), time.monotonic()
        clients = [
            pool.submit(_Client(server.port, token).ask, [*paths[first:], *paths[:first]], until)
            for first in (number % len(paths) for number in range(connections))
        ]
        answers = [client.result() for client in clients]
    taken, cpu = time.monotonic() - began, server.cpu_seconds() - cpu
    times = sorted(itertools.chain.from_iterable(times for times, _ in answers))
    return Load(
        per_second=len(times) / taken,
        p50_ms=times[len(times) // 2] * 1000,
        p99_ms=times[int(len(times) * 0.99)] * 1000,
        errors=sum(errors for _, errors in answers),
        cpu_ms=cpu / len(times) * 1000,
    )


class _Client:
    """Keep-alive connection on a raw socket, so that the client costs less than the server."""

    def __init__(self, port: int, token: str) -> None:
        self.address = ("127.0.0.1", port)
        self.headers = f"Host: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
        self.socket: socket.socket | None = None

    def ask(self, paths: Sequence[str], until: float) -> tuple[list[float], int]:
        times, errors = [], 0
        for path in itertools.cycle(paths):
            began = time.monotonic()
            if began >= until:
                break
            errors += not self._answers(f"GET {path} HTTP/1.1\r\n{self.headers}".encode())
            times.append(time.monotonic() - began)
        return times, errors

    def _answers(self, request: bytes) -> bool:
        """Return True for a complete 200. Reconnects once if the server closed the connection."""
        is_kept = self.socket is not None
        try:
            return self._exchange(request)
        except ConnectionError:
            self.socket = None
        return is_kept and self._answers(request)

    def _exchange(self, request: bytes) -> bool:
        if self.socket is None:
            self.socket = socket.create_connection(self.address, timeout=30)
        self.socket.sendall(request)
        head, body = self._receive_head()
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        while length > body:
            body += len(self._receive())
        if b"connection: close" in head.lower():
            self.socket = None
        return head.startswith(b"HTTP/1.1 200")

    def _receive_head(self) -> tuple[bytes, int]:
        """Return the head and the number of body bytes received with it."""
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._receive()
        head, _, body = received.partition(b"\r\n\r\n")
        return head, len(body)

    def _receive(self) -> bytes:
        chunk = self.socket.recv(262_144) if self.socket else b""
        if not chunk:
            raise ConnectionResetError
        return chunk
