"""HTTP exchange over a pinned connection with limits on time and size."""

import io
import os
import random
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPResponse

import certifi
import urllib3
from urllib3 import connection, connectionpool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as WaitError

from integrations.http.address_guard import (
    Resolver,
    Target,
    parse_target,
    resolve_allowed,
    resolve_name,
)
from integrations.http.decompression import CHUNK, Lost, NotSent, read_body
from integrations.providers.contract.base import ProviderResponseError, ProviderUnavailable

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
NOTICE_SECONDS = 10.0  # all of one `post_once`


@dataclass(frozen=True, slots=True)
class Environment:
    """Clock, sleep, resolver and randomness of a session; replaced in tests."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    resolve: Resolver = resolve_name
    random: Callable[[], float] = random.random


class Deadline:
    """Deadline of one request including its retries."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._at = clock()

    def restart(self, seconds: float) -> None:
        self._at = self._clock() + seconds

    def left(self) -> float:
        return self._at - self._clock()

    def cap(self, seconds: float) -> float:
        """Shorten seconds to the time left; never 0, which would disable the timeout."""
        return max(min(seconds, self.left()), 0.001)


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """Request without its target."""

    method: str
    headers: Mapping[str, str]
    content: bytes | None = None
    needs_body: bool = True
    """Set if a 200 without body and length counts as incomplete."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes
    wire: bytes
    """Body before decompression."""


class Connections:
    """Keep-alive connections of one session, each to a checked address."""

    def __init__(self, outside: Environment, deadline: Deadline) -> None:
        self._resolve = outside.resolve
        self._deadline = deadline
        self._pools: dict[str, urllib3.HTTPConnectionPool] = {}
        self._failures = 0

    def send(self, target: Target, request: OutgoingRequest) -> Reply:
        """Send one request and read the whole reply. Raises Lost if that fails."""
        pool = self.open(target)
        try:
            response = pool.urlopen(
                request.method,
                target.path,
                body=request.content,
                headers=_on_the_wire(request, target),
                timeout=self._timeout(),
                retries=False,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
                decode_content=False,
            )
            body, wire = read_body(response)
            response.release_conn()
            is_headless = not body and "Content-Length" not in response.headers
            if is_headless and response.status == 200 and request.needs_body:
                raise Lost("the reply was cut off")
        except (HTTPError, Lost) as error:
            self._forget(target)
            raise _as_lost(error) from None
        return Reply(response.status, response.headers, body, wire)

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()

    def open(self, target: Target) -> urllib3.HTTPConnectionPool:
        """Resolve and check the target's addresses once; return its connection pool."""
        pool = self._pools.get(target.origin)
        if pool is None:
            addresses = resolve_allowed(target, self._resolve)
            address = addresses[self._failures % len(addresses)]
            pool = self._pools[target.origin] = _open_pool(target, address, self._deadline)
        return pool

    def _forget(self, target: Target) -> None:
        """Close the pool, so that the next try resolves again and uses the next address."""
        self._failures += 1
        if pool := self._pools.pop(target.origin, None):
            pool.close()

    def _timeout(self) -> urllib3.Timeout:
        cap = self._deadline.cap
        return urllib3.Timeout(connect=cap(CONNECT_SECONDS), read=cap(READ_SECONDS))


class UnknownDelivery(ProviderUnavailable):
    """Error: sent without a usable reply, so it may or may not have arrived."""


def post_once(
    url: str, *, content: bytes, headers: Mapping[str, str], outside: Environment | None = None
) -> Reply:
    """Post the bytes once: no retry, no redirect; any status is a reply.

    Raises UnknownDelivery if it may have arrived, ProviderUnavailable if it certainly did not,
    ProviderConfigError for an address that is not allowed.
    """
    outside = outside or Environment()
    deadline = Deadline(outside.clock)
    deadline.restart(NOTICE_SECONDS)
    connections, target = Connections(outside, deadline), parse_target(url)
    sent = {"user-agent": "DIIP", **headers, "content-type": "application/json"}
    try:
        return connections.send(target, OutgoingRequest("POST", sent, content, needs_body=False))
    except NotSent as error:
        raise ProviderUnavailable(f"{target.host} was not reached: {error}.") from None
    except (Lost, ProviderResponseError) as error:
        raise UnknownDelivery(f"{target.host} gave no usable answer: {error}.") from None
    finally:
        connections.close()


def _on_the_wire(request: OutgoingRequest, target: Target) -> dict[str, str]:
    return {**request.headers, "Host": target.netloc, "Accept-Encoding": "gzip, deflate"}


# --- reading ------------------------------------------------------------------------------------


class _ClockedReader(io.RawIOBase):
    """Socket reader with the remaining time as timeout, so that slow replies cannot exceed it."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        if self._deadline.left() <= 0:
            raise TimeoutError
        self._sock.settimeout(self._deadline.cap(READ_SECONDS))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _ClockedSocket:
    """Socket interface that http.client needs to read a reply."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_ClockedReader(self._sock, self._deadline), CHUNK)


# --- connecting ---------------------------------------------------------------------------------


def _open_pool(target: Target, address: str, deadline: Deadline) -> urllib3.HTTPConnectionPool:
    """Open a pool that connects to `address` but uses the host name in TLS and Host."""

    def clocked_response(sock: socket.socket, *args: object, **options: object) -> HTTPResponse:
        return HTTPResponse(_ClockedSocket(sock, deadline), *args, **options)  # type: ignore[arg-type]

    base: type[connection.HTTPConnection] = connection.HTTPConnection
    pool = connectionpool.HTTPConnectionPool(address, target.port)
    if target.scheme == "https":
        base = connection.HTTPSConnection
        pool = connectionpool.HTTPSConnectionPool(
            address,
            target.port,
            ssl_context=_tls(os.environ.get("SSL_CERT_FILE") or certifi.where()),
            server_hostname=target.host,
            assert_hostname=target.host,
        )
    pool.ConnectionCls = type(
        "Clocked", (base,), {"response_class": staticmethod(clocked_response)}
    )
    return pool


@lru_cache(maxsize=4)
def _tls(authorities: str) -> ssl.SSLContext:
    """Build the TLS context; cached, because reading the authorities takes ~10 ms."""
    return ssl.create_default_context(cafile=authorities)


def _as_lost(error: HTTPError | Lost) -> Lost:
    """Convert an error into our own text, because urllib3's contains addresses and paths."""
    if isinstance(error, Lost):
        return error
    if isinstance(error, SSLError):
        return NotSent(
            "its TLS certificate is not trusted (set your own authorities in SSL_CERT_FILE)"
        )
    if isinstance(error, NewConnectionError):
        return NotSent("the connection failed")
    words = "it did not answer in time" if isinstance(error, WaitError) else "the connection broke"
    return NotSent(words) if isinstance(error, ConnectTimeoutError) else Lost(words)
