"""A client that hung up waits for no answer: what the database still does for it is ended.

Where the web server hands its socket on (Gunicorn does). A client that only closed its own half
counts as gone, as for nginx. Writes are carried through: who asks again must not find a half.
"""

import select
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from diip.common.database.limits import unless

GONE = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR
"""Linux tells at once that the other end is closed; elsewhere it is known when we write."""

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
