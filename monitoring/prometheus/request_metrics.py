"""Request metrics: counts and durations by route, method and status class.

Gunicorn runs several processes, and any of them must report the sum of all. Each process counts in
its own memory-mapped file in the format of `prometheus_client`, which adds them up: no lock between
processes, no extra server, and no loss when a process is killed.

`prometheus_client` names these files by process id, so each recycled process (`max_requests`) would
leave files behind permanently. Here, a process takes the lowest number that no running process
holds and continues with the files of that number. There are never more files than processes, and
counters survive a restart of DIIP.
"""

import fcntl
import logging
import os
import re
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import cast

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import Metric
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.utils import floatToGoString

logger = logging.getLogger(__name__)

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, float("inf"))
"""Upper bounds in seconds. Change FORMAT with them: old counts cannot be added."""
FORMAT = "1"
COUNTER = ("diip_http_requests", "Requests answered.")
HISTOGRAM = ("diip_http_request_seconds", "Duration of requests in seconds.")
ROOM = {"counter": 1 << 19, "histogram": 1 << 21}
"""File sizes in bytes, allocated at once: a disk full later kills the process."""
MOST_PROCESSES = 256
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Labels = tuple[tuple[str, str], ...]


class RequestCounts:
    """Counts of this process in `folder`, and the sums over all processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / FORMAT
        self._lock = threading.Lock()
        self._pid = 0
        self._files: dict[str, MmapedDict] = {}
        self._number_lock: int | None = None

    def add(self, labels: Labels, status: str, seconds: float) -> None:
        """Count one request; does nothing if no file can be written."""
        with self._lock:
            if self._pid != os.getpid():
                self._open()
            if self._files:
                self._count("counter", _counter_key((*labels, ("status", status))), 1)
                self._observe(labels, seconds)

    def collect(self) -> Iterable[Metric]:
        files = [str(file) for kind in ROOM for file in self.folder.glob(f"{kind}_*.db")]
        return cast("Iterable[Metric]", MultiProcessCollector.merge(files))

    def _observe(self, labels: Labels, seconds: float) -> None:
        keys = _histogram_keys(labels)
        file = self._files["histogram"]
        for key in keys:  # create all buckets, so that quantiles have no gaps
            file.read_value(key)
        self._count("histogram", keys[bisect_left(BUCKETS, seconds)], 1)
        self._count("histogram", keys[-1], seconds)

    def _count(self, kind: str, key: str, amount: float) -> None:
        value, _ = self._files[kind].read_value(key)
        self._files[kind].write_value(key, value + amount, 0.0)

    def _open(self) -> None:
        """Open the files of the lowest free number; its lock ends with this process."""
        self._pid, self._files = os.getpid(), {}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            number = self._lock_number()
            self._files = {kind: _open_file(self.folder, kind, number) for kind in ROOM}
        except OSError as fault:
            logger.warning("Request metrics are off in this process: %s.", type(fault).__name__)

    def _lock_number(self) -> int:
        for number in range(MOST_PROCESSES):
            lock = os.open(self.folder / f"{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
            else:
                self._number_lock = lock
                return number
        raise OSError("no number is free")


def _open_file(folder: Path, kind: str, number: int) -> MmapedDict:
    path = folder / f"{kind}_{number}.db"
    if not path.exists():
        blank = path.with_suffix(".new")
        blank.write_bytes(bytes(ROOM[kind]))
        blank.replace(path)
    return MmapedDict(str(path))


_keys: dict[Labels, str] = {}
_bucket_keys: dict[Labels, tuple[str, ...]] = {}
"""Cached keys; bounded, since routes, methods and status classes are."""


def _key(metric: tuple[str, str], ending: str, labels: Labels) -> str:
    name, text = metric
    names, values = [label for label, _ in labels], [value for _, value in labels]
    return mmap_key(name, name + ending, names, values, text)


def _counter_key(labels: Labels) -> str:
    if labels not in _keys:
        _keys[labels] = _key(COUNTER, "_total", labels)
    return _keys[labels]


def _histogram_keys(labels: Labels) -> tuple[str, ...]:
    """Return one key per bucket, and the key of the sum last."""
    if labels not in _bucket_keys:
        bounds = [floatToGoString(bound) for bound in BUCKETS]
        buckets = [_key(HISTOGRAM, "_bucket", (*labels, ("le", bound))) for bound in bounds]
        _bucket_keys[labels] = (*buckets, _key(HISTOGRAM, "_sum", labels))
    return _bucket_keys[labels]


counts = RequestCounts(Path(settings.DIIP_METRICS_DIR))


# --- middleware ---------------------------------------------------------------------------------


class RequestCountMiddleware:
    """Outermost middleware: measures what a client waits for, including errors."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.monotonic()
        response = self.get_response(request)
        labels = (("route", route_of(request)), ("method", _method(request)))
        counts.add(labels, f"{response.status_code // 100}xx", time.monotonic() - started)
        return response


def route_of(request: HttpRequest) -> str:
    """Return the route template, not the path, to bound the number of label values."""
    match = request.resolver_match
    if match is None:
        is_static = request.path_info.startswith(settings.STATIC_URL)
        return "(static)" if is_static else "(none)"
    if match.route.startswith("admin/"):
        return "admin/*"
    return re.sub(r"<\w+:", "<", match.route) or "/"


def _method(request: HttpRequest) -> str:
    return request.method if request.method in METHODS else "other"
