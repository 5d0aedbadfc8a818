"""Requests to DIIP through WSGI in this process, to measure CPU time."""

import io
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.db import connection

from benchmarks.measure import Cost, measure


@dataclass(frozen=True)
class Figures:
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    database_ms: float

    @property
    def both_ms(self) -> float:
        return self.cpu_ms + self.database_ms


class Inside:
    def __init__(self, token: str) -> None:
        from diip.wsgi import application  # noqa: PLC0415 - after django.setup

        self.application, self.token = application, token

    @property
    def backend(self) -> int:
        connection.ensure_connection()
        return int(connection.connection.info.backend_pid)

    def ask(self, url: str) -> bytes:
        parts = urlsplit(url)
        environment = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "127.0.0.1",
            "HTTP_AUTHORIZATION": f"Bearer {self.token}",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http",
        }
        statuses: list[str] = []
        body = b"".join(self.application(environment, _keep_status(statuses)))
        if statuses != ["200 OK"]:
            raise RuntimeError(f"{url}: {statuses} {body[:300]!r}")
        return body

    def deepest(self, first: str) -> str:
        """Follow the list `first` to its last full page of 50; return its path."""
        url, before = f"{first}?page_size=200", ""
        while url:
            before, url = url, msgspec.json.decode(self.ask(url))["next"]
        return before.replace("page_size=200", "page_size=50")


def _keep_status(statuses: list[str]) -> Any:
    """Return a WSGI start_response that stores the status."""
    return lambda status, headers, failure=None: statuses.append(status)


def figures(work: Callable[[Any], object], inputs: Sequence[Any], backend: int) -> Figures:
    """Measure latency and CPU of `work` for each of `inputs`, after a warm-up."""
    work(inputs[0])
    times: list[float] = []

    def all_of_them() -> None:
        for each in inputs:
            began = time.perf_counter()
            work(each)
            times.append(time.perf_counter() - began)

    cost: Cost = measure(all_of_them, backend)
    times.sort()
    return Figures(
        p50_ms=times[len(times) // 2] * 1000,
        p99_ms=times[int(len(times) * 0.99)] * 1000,
        cpu_ms=cost.client / len(times) * 1000,
        database_ms=(cost.database or 0.0) / len(times) * 1000,
    )
