"""Hanging requests are detected, slow ones are not."""

import threading
from collections.abc import Iterator
from time import monotonic

import pytest
from django.http import HttpRequest, HttpResponse
from pytest_django.fixtures import Settings

from diip.common.database import limits
from diip.common.database.limits import Work
from diip.common.observability import watchdog as module
from diip.common.observability.watchdog import Watchdog, WatchdogMiddleware


class Request:
    """Request in its own thread, which waits repeatedly for `step`."""

    def __init__(self, watchdog: Watchdog) -> None:
        self.watchdog = watchdog
        self.stepped = threading.Event()
        self.waits = [threading.Event() for _ in range(3)]
        self.thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> "Request":
        self.thread.start()
        assert self.stepped.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        for wait in self.waits:
            wait.set()
        self.thread.join()

    def step(self) -> None:
        """Let the thread continue to its next wait."""
        self.stepped.clear()
        self.waits.pop(0).set()
        assert self.stepped.wait(60)

    def _work(self) -> None:
        self.watchdog.begin()
        first, second, third = self.waits
        self.stepped.set()
        first.wait()
        self.stepped.set()
        second.wait()
        self.stepped.set()
        third.wait()
        self.watchdog.finish()


@pytest.fixture
def ended() -> list[int]:
    """Ids of threads for which the process would have exited."""
    return []


@pytest.fixture
def watchdog(ended: list[int]) -> Watchdog:
    return Watchdog(ended.append)


def look_twice(watchdog: Watchdog, seconds: float) -> None:
    """Check twice, `seconds` apart."""
    now = monotonic()
    watchdog.look(now)
    watchdog.look(now + seconds)


def test_hanging_request_ends_the_process(watchdog: Watchdog, ended: list[int]) -> None:
    with Request(watchdog) as request:
        look_twice(watchdog, 61)

        assert ended == [request.thread.ident]


def test_process_is_not_ended_early(watchdog: Watchdog, ended: list[int]) -> None:
    with Request(watchdog):
        look_twice(watchdog, 59)

    assert ended == []


def test_long_running_request_is_ignored(watchdog: Watchdog, ended: list[int]) -> None:
    with Request(watchdog) as request:
        now = monotonic()
        watchdog.look(now)
        request.step()
        watchdog.look(now + 50)
        request.step()
        watchdog.look(now + 100)

    assert ended == []


def test_finished_thread_is_not_watched(watchdog: Watchdog, ended: list[int]) -> None:
    with Request(watchdog):
        pass

    look_twice(watchdog, 1000)

    assert ended == []


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch, watchdog: Watchdog) -> Iterator[Watchdog]:
    """Act as a web process."""
    monkeypatch.setattr(module, "watchdog", watchdog)
    monkeypatch.setattr(watchdog, "start", lambda: None)
    before = limits.kind_of_work()
    limits.work_as(Work.WEB)
    yield watchdog
    limits.work_as(before)


@pytest.mark.parametrize(
    ("seconds", "debug", "is_seen"), [(60, False, True), (0, False, False), (60, True, False)]
)
def test_web_process_is_watched_except_in_debug(
    watched: Watchdog, settings: Settings, seconds: int, debug: bool, is_seen: bool
) -> None:
    settings.DIIP_WATCHDOG_SECONDS, settings.DEBUG = seconds, debug
    seen: list[bool] = []

    def serve(request: HttpRequest) -> HttpResponse:
        seen.append(threading.get_ident() in watched._served)
        return HttpResponse()

    WatchdogMiddleware(serve)(HttpRequest())

    assert seen == [is_seen]
    assert watched._served == {}
