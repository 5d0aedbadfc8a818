"""The last resort of a web process: a request that hangs for ever ends it.

Every wait in DIIP has an end of its own, long before this. Should one be forgotten, the thread is
lost, and with the last one the service, though the process lives and its server sees no fault. So
a thread looks at those that serve requests: one that has not moved for `DIIP_WATCHDOG_SECONDS`, not
by a single step of Python, hangs. The process then ends at once, and whoever started it starts
another.
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

LOOKS = 12
"""At a thread, until it counts as hanging."""
EXIT_CODE = 70
"""Not one of those that tell a server not to start its worker again."""

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]
Place = tuple[tuple[int, int], ...]


@dataclass
class Served:
    """A thread that serves a request, and where it was seen first since it moved."""

    since: float
    place: Place = ()


class Watchdog:
    """Looks at the threads that are at work; `end` is called for one that hangs."""

    def __init__(self, end: Callable[[int], None]) -> None:
        self._served: dict[int, Served] = {}
        self._end = end
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def begin(self) -> None:
        """This thread serves a request from now on."""
        self._served[threading.get_ident()] = Served(monotonic())

    def finish(self) -> None:
        self._served.pop(threading.get_ident(), None)

    def start(self) -> None:
        """Once a process: threads do not come along into a child."""
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
        while not pause.wait(settings.DIIP_WATCHDOG_SECONDS / LOOKS):
            self.look(monotonic())


def _place(frame: FrameType | None) -> Place:
    """Every call under way, and how far each has come."""
    place = []
    while frame:
        place.append((id(frame), frame.f_lasti))
        frame = frame.f_back
    return tuple(place)


def end_process(thread: int) -> None:
    """Says where it hangs: places in the code, no values."""
    frame = sys._current_frames().get(thread)  # noqa: SLF001
    lines = "".join(traceback.format_stack(frame)) if frame else ""
    seconds = settings.DIIP_WATCHDOG_SECONDS
    logger.critical("A request hangs for %g s; this process ends.\n%s", seconds, lines)
    logging.shutdown()
    os._exit(EXIT_CODE)


watchdog = Watchdog(end_process)


class WatchdogMiddleware:
    """Tells the watchdog who is at work; what is streamed afterwards is not looked at."""

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
