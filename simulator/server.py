"""Every simulated tracker on one port: the path's first segment says which.

with TrackerServer(issues=500) as trackers:
    read(trackers.url + "/github/repos/octo/engine/issues")
    trackers.github.changes().close(7)
"""

import logging
import socket
import time
from collections.abc import Callable
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any

from .clock import Clock
from .control import Control
from .crossing import Crossing, Reference
from .deliveries import Deliveries
from .faults.faults import Faults
from .github.api import GitHubApi
from .github.state import GitHub, GitHubOptions
from .github.webhooks import Webhooks
from .jira.api_cloud import CloudApi
from .jira.api_server import ServerApi
from .jira.state import Jira, JiraOptions
from .journal import Journal, Seen, shown_headers
from .stackexchange.api import StackExchangeApi
from .stackexchange.state import StackExchange, StackExchangeOptions
from .transport import send
from .web import Reply, Request, json_reply

logger = logging.getLogger(__name__)
Answer = Callable[[Request, str], Reply]


class TrackerServer:
    """All trackers with their clock, their faults and the list of what they were asked."""

    def __init__(self, port: int = 0, seed: int = 1, issues: int = 1000, *, host: str = "127.0.0.1",
                 public_url: str = "", **options: Any) -> None:  # fmt: skip
        """`options` are GitHub's; those of others begin with their name: jira_issues=500."""
        self.clock, self.journal = Clock(), Journal()
        self.faults = Faults(seed, self.clock)
        self._http = _Http((host, port), _Handler)
        self.port = self._http.server_address[1]
        self.url = public_url or f"http://{host}:{self.port}"
        """Where clients reach it, without a slash at the end."""
        self.jira_dc, server = self._jira_dc(seed, _taken("jira_dc_", options))
        self.jira, cloud = self._jira(seed, _taken("jira_", options))
        self.stackexchange, stack = self._stackexchange(seed, options)
        self.github = GitHub(seed, issues, self.url, GitHubOptions(**options), self.clock)
        self._crossing = Crossing(self.github, self.stackexchange, seed)
        self.deliveries = Deliveries(seed, self.clock)
        Webhooks(self.github, self.deliveries)
        self.jira.on_happened = lambda told: self.deliveries.happened("jira", told)
        self.jira_dc.on_happened = lambda told: self.deliveries.happened("jira-dc", told)
        api = GitHubApi(self.github)
        control = Control(self)
        self._trackers: dict[str, Answer] = {
            "github": api.handle, "_control": control.handle, "jira": cloud.site,
            "atlassian": cloud.gateway, "jira-dc": server.handle,
            "stackexchange": stack.handle,
        }  # fmt: skip
        self._after = {"github": api.after, "jira": cloud.after, "atlassian": cloud.after,
                       "jira-dc": server.after, "stackexchange": stack.after}  # fmt: skip
        self._http.answer = self._answer
        self._thread = Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> "TrackerServer":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        self.deliveries.stop()
        self._http.stop()
        self._thread.join()

    def _jira(self, seed: int, options: dict[str, Any]) -> tuple[Jira, CloudApi]:
        jira = Jira(seed, f"{self.url}/jira", self.clock, JiraOptions(**options))
        return jira, CloudApi(jira)

    def _jira_dc(self, seed: int, options: dict[str, Any]) -> tuple[Jira, ServerApi]:
        jira = Jira(seed, f"{self.url}/jira-dc", self.clock, JiraOptions(**options), cloud=False)
        return jira, ServerApi(jira)

    def _stackexchange(
        self, seed: int, github: dict[str, Any]
    ) -> tuple[StackExchange, StackExchangeApi]:
        asked = {"questions": github.pop("questions", 300)}
        asked |= {"until": github["until"]} if "until" in github else {}
        options = StackExchangeOptions(**asked)
        stackexchange = StackExchange(seed, self.url, options, self.clock)
        return stackexchange, StackExchangeApi(stackexchange)

    def cross_reference(self, count: int = 5) -> list[Reference]:
        """Let issues and questions name each other; returns who names whom."""
        return self._crossing.plant(count)

    # --- one request -----------------------------------------------------------------------------

    def _answer(self, request: Request) -> Reply:
        tracker, _, path = request.path.lstrip("/").partition("/")
        answer = self._trackers.get(tracker)
        if answer is None:
            return json_reply(404, {"message": "No tracker here", "trackers": sorted(self._after)})
        if tracker == "_control":
            return answer(request, f"/{path}")
        started = time.perf_counter()
        reply, fault = self.faults.around(request, lambda: answer(request, f"/{path}"))
        reply.headers.setdefault("Date", formatdate(self.clock.exact(), usegmt=True))
        if tracker == "github":
            reply.headers.setdefault("X-GitHub-Request-Id", self._request_id())
        self._note(request, reply, fault, time.perf_counter() - started)
        # Before the reply leaves, so that the reader's next request comes after it for certain.
        self._after[tracker](f"/{path}")
        return reply

    def _request_id(self) -> str:
        return f"{self.port:04X}:{len(self.journal) + 1:X}"

    def _note(self, request: Request, reply: Reply, fault: str, seconds: float) -> None:
        self.journal.add(
            Seen(
                method=request.method,
                path=request.path,
                query=request.query,
                query_string=request.query_string,
                headers=shown_headers(request.headers),
                authorized=bool(request.token),
                status=None if reply.transport in {"reset", "hang"} else reply.status,
                at=self.clock.exact(),
                milliseconds=round(seconds * 1000, 3),
                rows=reply.rows,
                fault=fault or reply.note,
                body=request.body[:4_000].decode("utf-8", "replace"),
            )
        )


def _taken(prefix: str, options: dict[str, Any]) -> dict[str, Any]:
    """Takes one tracker's options out, without their prefix."""
    names = [name for name in options if name.startswith(prefix)]
    return {name.removeprefix(prefix): options.pop(name) for name in names}


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    answer: Callable[[Request], Reply]

    def __init__(self, address: tuple[str, int], handler: type["_Handler"]) -> None:
        super().__init__(address, handler)
        self.stopping = Event()
        self._open: set[socket.socket] = set()
        self._lock = Lock()

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def stop(self) -> None:
        """Also connections that are kept alive: a stopped tracker answers nobody."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        with self._lock:
            for connection in self._open:
                _shut(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        logger.exception("A request from %s failed", client_address)  # noqa: LOG004  called while handling


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the client was faster


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        super().finish()

    def _serve(self) -> None:
        request = self._request()
        try:
            reply = self.server.answer(request)
            self.close_connection = not send(self, reply, self.server.stopping)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client left

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815  the base class looks for these names

    def _request(self) -> Request:
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = headers.get("content-length", "0")
        body = self.rfile.read(int(length)) if length.isdigit() else b""
        host = headers.get("host") or f"127.0.0.1:{self.server.server_address[1]}"
        path, _, query_string = self.path.partition("?")
        return Request(
            method=self.command,
            path=path,
            query_string=query_string,
            headers=headers,
            body=body,
            root=f"http://{host}",
            address=self.client_address[0],
        )

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        logger.debug(format, *args)
