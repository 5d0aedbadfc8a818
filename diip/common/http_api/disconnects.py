"""Cancellation of database reads after the client disconnects.

Needs a web server that exposes the client's socket, such as Gunicorn. A half-closed connection
counts as disconnected, as in nginx. Writes are completed, so that a retry finds no partial write.
"""

import select
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from diip.common.database.limits import unless

GONE = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR
"""Poll events of a closed connection. Only Linux reports a half-close before a write."""

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class HangUpMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        socket = request.META.get("gunicorn.socket")
        if socket is None or request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        with unless(lambda: is_gone(socket)):
            return self.get_response(request)


def is_gone(socket: Any) -> bool:
    if socket.fileno() < 0:  # closed by ourselves
        return True
    poll = select.poll()
    poll.register(socket, GONE)
    return bool(poll.poll(0))
