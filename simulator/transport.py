"""Puts a reply on the wire: one write as a rule, and every way of failing to."""

import socket
import struct
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from itertools import islice
from threading import Event

from .web import Reply


def send(handler: BaseHTTPRequestHandler, reply: Reply, stopping: Event) -> bool:
    """Write the reply; False where the connection cannot be used again."""
    if reply.transport == "reset":
        return _reset(handler)
    if reply.transport == "hang":
        stopping.wait(reply.seconds)
        return _reset(handler)
    if reply.seconds and reply.transport == "plain":
        stopping.wait(reply.seconds)
    if reply.stream is not None:
        return _stream(handler, reply)
    wire = _head(reply) + b"\r\n" + reply.body
    if reply.transport == "drip":
        return _drip(handler, wire, reply.seconds, stopping)
    if reply.transport == "cut":
        wire = wire[: len(wire) - len(reply.body) // 2 - 1]
    handler.wfile.write(wire)
    return reply.transport == "plain" and reply.length is None


def _head(reply: Reply) -> bytes:
    length = len(reply.body) if reply.length is None else reply.length
    lines = [f"HTTP/1.1 {reply.status} {reply.reason}"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items() if value]
    if reply.stream is not None:
        lines.append("Transfer-Encoding: chunked")
    elif reply.status not in {204, 304}:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, ""]).encode("latin-1")


def _reset(handler: BaseHTTPRequestHandler) -> bool:
    """Closing with unsent data thrown away makes the kernel send RST instead of FIN."""
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.close()
    return False


def _stream(handler: BaseHTTPRequestHandler, reply: Reply) -> bool:
    handler.wfile.write(_head(reply) + b"\r\n")
    for pieces in _batches(reply.stream or iter(())):
        handler.wfile.write(b"%x\r\n%b\r\n" % (len(pieces), pieces))
    handler.wfile.write(b"0\r\n\r\n")
    return True


def _batches(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Few writes for many small pieces."""
    while batch := b"".join(islice(pieces, 200)):
        yield batch


def _drip(handler: BaseHTTPRequestHandler, wire: bytes, seconds: float, stopping: Event) -> bool:
    """A byte now and then: each read is quick, the whole takes for ever."""
    step = 1 if len(wire) < 2_000 else 16
    for start in range(0, len(wire), step):
        handler.wfile.write(wire[start : start + step])
        if stopping.wait(seconds):
            break
    return False
