"""Gunicorn worker in which slow clients do not occupy threads.

Gunicorn manages the processes. In each, waitress reads complete requests before a thread handles
them and takes complete responses from the thread; data not yet sent waits in a temporary file. See
docs/adr/0019-slow-clients-hold-no-thread.md.
"""

import os
import resource
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from types import FrameType
from typing import Any, NamedTuple

from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask

CONNECTIONS = 1000
"""Maximum per process; above it, the connections idle longest are closed."""
SILENT_SECONDS = 60
"""Maximum time without traffic from or to a client."""
HELD_BYTES = 512 << 20
"""Maximum of buffered bytes per process; above it, the slowest clients are disconnected."""
AHEAD_BYTES = 64 << 20
"""Buffer of one response; above it, its thread waits for the client (two exports may)."""
LOOP_SECONDS = 1.0
REST_SECONDS = 1.0
"""Idle time after which, on shutdown, a connection has no request in transit."""
BODY_BYTES = 4 * int(os.environ.get("DIIP_MAX_BODY_BYTES", "2000000"))
"""Maximum body read. Up to this size Django can send a complete refusal."""


class Logged(NamedTuple):
    """Response data for Gunicorn's access log."""

    status: str
    headers: list[tuple[str, str]]
    sent: int


class Task(WSGITask):  # type: ignore[misc] # it has no types
    """Complete request, handled in a thread."""

    sent = 0

    def get_environment(self) -> dict[str, Any]:
        values: dict[str, Any] = super().get_environment()
        return values | {
            "wsgi.multiprocess": True,
            "RAW_URI": values["REQUEST_URI"],
            "gunicorn.socket": self.channel.socket,  # to detect disconnects
        }

    def write(self, data: bytes) -> None:
        super().write(data)
        self.sent += len(data)

    def service(self) -> None:
        begun = time.monotonic()
        try:
            super().service()
        finally:
            self.channel.server.answered(self, timedelta(seconds=time.monotonic() - begun))

    def start(self) -> None:
        super().start()
        if self.channel.server.is_ending:
            self.set_close_on_finish()

    def finish(self) -> None:
        """Finish the response; HEAD gets no body, not even a final chunk."""
        if not self.wrote_header:
            self.write(b"")
        if self.request.command != "HEAD":
            super().finish()


class Refusal(ErrorTask):  # type: ignore[misc]
    """Response to malformed requests, as a problem document."""

    def execute(self) -> None:
        # The application is loaded after this module.
        from diip.common.http_api.problem_details import CONTENT_TYPE, problem_for  # noqa: PLC0415

        error = self.request.error
        body = problem_for(error.code).body()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", CONTENT_TYPE))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Channel(HTTPChannel):  # type: ignore[misc]
    """Connection of one client."""

    task_class = Task
    error_task_class = Refusal

    @property
    def held(self) -> int:
        """Return the buffered bytes: unsent output and incomplete body."""
        coming = self.request.body_bytes_received if self.request else 0
        return int(self.total_outbufs_len + coming)

    @property
    def is_at_rest(self) -> bool:
        return not self.requests and not self.total_outbufs_len

    def is_silent(self, now: float) -> bool:
        """Return True if the client is idle and no response is being prepared."""
        is_ours = bool(self.requests) and not self.total_outbufs_len
        return not is_ours and self.last_activity < now - SILENT_SECONDS


class Server(TcpWSGIServer):  # type: ignore[misc]
    """Listening socket with its clients."""

    channel_class = Channel
    answered: Callable[[Task, timedelta], None]
    is_ending = False
    """Shutdown has begun: each response is the last on its connection."""

    def maintenance(self, now: float) -> None:
        """Do nothing: `tidy` closes connections."""


def tidy(channels: list[Channel], now: float) -> None:
    """Close idle connections, and the slowest ones above the limits."""
    held, room = sum(channel.held for channel in channels), CONNECTIONS - len(channels)
    for channel in sorted(channels, key=lambda each: each.last_activity):
        is_too_much = held > HELD_BYTES and channel.held
        is_too_many = room <= 0 and channel.is_at_rest
        if channel.is_silent(now) or is_too_much or is_too_many:
            channel.will_close = True
            held, room = held - channel.held, room + 1


class BufferedWorker(Worker):  # type: ignore[misc]
    """Gunicorn worker: liveness, request count, access log, shutdown."""

    def run(self) -> None:
        _allow_open_files()
        self.map: dict[int, Any] = {}
        self.servers = self._serve()
        next_look = 0.0
        while self.alive and self.ppid == os.getppid():
            self.notify()
            wasyncore.poll2(LOOP_SECONDS, self.map)
            if (now := time.time()) >= next_look:
                next_look = now + LOOP_SECONDS
                tidy(self.channels, now)
        self._finish()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.alive = False
        for server in self.servers:
            server.pull_trigger()

    servers: list[Server] = []

    @property
    def channels(self) -> list[Channel]:
        return [each for server in self.servers for each in list(server.active_channels.values())]

    def _serve(self) -> list[Server]:
        adjustments = Adjustments(
            listen="127.0.0.1:0",  # unused, Gunicorn's sockets are; a name would need a look-up
            ident=None,
            threads=self.cfg.threads,
            backlog=self.cfg.backlog,
            connection_limit=2 * CONNECTIONS,  # `tidy` acts sooner
            cleanup_interval=SILENT_SECONDS,
            log_socket_errors=False,
            clear_untrusted_proxy_headers=False,  # NUM_PROXIES decides which are trusted
            max_request_header_size=self.cfg.limit_request_line + self.cfg.limit_request_field_size,
            max_request_body_size=BODY_BYTES,
            outbuf_high_watermark=AHEAD_BYTES,
        )
        threads = ThreadedTaskDispatcher()
        threads.set_thread_count(self.cfg.threads)
        servers = []
        for listener in self.sockets:
            server = Server(
                self.wsgi, map=self.map, _sock=listener.sock, dispatcher=threads,
                adj=adjustments, bind_socket=False,
            )  # fmt: skip
            server.answered = self._answered
            servers.append(server)
        return servers

    def _answered(self, task: Task, took: timedelta) -> None:
        """Count and log a response; runs in the task's thread."""
        self.nr += 1
        if self.nr >= self.max_requests and self.alive:
            self.log.info("Autorestarting worker after current request.")
            self.alive = False
        if not self.log.access_log_enabled:
            return
        environ = task.get_environment()
        headers = [(name.replace("_", "-"), value) for name, value in task.request.headers.items()]
        answer = Logged(task.status, task.response_headers, task.sent)
        self.log.access(answer, headers, environ, took)

    def _finish(self) -> None:
        """Stop accepting connections and finish open requests within the graceful timeout."""
        for server in self.servers:
            server.is_ending = True
            server.del_channel(self.map)
            server.socket.close()
        deadline = time.monotonic() + self.cfg.graceful_timeout
        while self.channels and time.monotonic() < deadline:
            self.notify()
            self._close_idle(time.time() - REST_SECONDS)
            wasyncore.poll2(0.1, self.map)

    def _close_idle(self, since: float) -> None:
        """Close connections idle since `since`; newer ones may have a request in transit."""
        for channel in self.channels:
            if channel.is_at_rest and channel.last_activity < since:
                channel.will_close = True


def _allow_open_files() -> None:
    """Raise the limit of open files: one per connection, and one per slow client."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * CONNECTIONS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
