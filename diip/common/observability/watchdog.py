"""Watchdog of a web process: a hanging request ends the process.

Every wait in DIIP has its own, shorter limit. If one is missing, the thread is lost; when all are
lost, the process is alive but serves no request. A watchdog thread therefore checks the serving
threads. One that executes no Python step for `DIIP_WATCHDOG_SECONDS` hangs; the process then exits,
and its server starts another.
"""

import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from types import FrameType

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from diip.common.database.limits import Work, kind_of_work

CHECKS = 12
"""Checks of a thread within DIIP_WATCHDOG_SECONDS."""
EXIT_CODE = 70
"""Exit code after which gunicorn restarts the worker."""

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]
Place = tuple[tuple[int, int], ...]


@dataclass
class Served:
    """Serving thread: its last position and when it was first seen there."""

    since: float
    place: Place = ()


class Watchdog:
    """Checks serving threads; calls `end` with the id of one that hangs."""

    def __init__(self, end: Callable[[int], None]) -> None:
        self._served: dict[int, Served] = {}
        self._end = end
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def begin(self) -> None:
        """Register the current thread as serving a request."""
        self._served[threading.get_ident()] = Served(monotonic())

    def finish(self) -> None:
        self._served.pop(threading.get_ident(), None)

    def start(self) -> None:
        """Start the watchdog thread once per process; a fork does not inherit threads."""
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
                self._thread.start()

    def look(self, now: float) -> None:
        frames = sys._current_frames()  # noqa: SLF001 - documented, for this very use
        for thread, served in list(self._served.items()):
            place = _place(frames.get(thread))
            if place != served.place:
                served.place, served.since = place, now
            elif now - served.since >= settings.DIIP_WATCHDOG_SECONDS:
                self._end(thread)

    def _watch(self) -> None:
        pause = threading.Event()
        while not pause.wait(settings.DIIP_WATCHDOG_SECONDS / CHECKS):
            self.look(monotonic())


def _place(frame: FrameType | None) -> Place:
    """Return the position of each call on the stack."""
    place = []
    while frame:
        place.append((id(frame), frame.f_lasti))
        frame = frame.f_back
    return tuple(place)


def end_process(thread: int) -> None:
    """Log the stack of the hanging thread, without values, and exit."""
    frame = sys._current_frames().get(thread)  # noqa: SLF001
    lines = "".join(traceback.format_stack(frame)) if frame else ""
    seconds = settings.DIIP_WATCHDOG_SECONDS
    logger.critical("A request hung for %g s; this process exits.\n%s", seconds, lines)
    logging.shutdown()
    os._exit(EXIT_CODE)


watchdog = Watchdog(end_process)


class WatchdogMiddleware:
    """Registers serving threads with the watchdog; streaming is not covered."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if kind_of_work() != Work.WEB or settings.DEBUG or not settings.DIIP_WATCHDOG_SECONDS:
            return self.get_response(request)
        watchdog.start()
        watchdog.begin()
        try:
            return self.get_response(request)
        finally:
            watchdog.finish()
