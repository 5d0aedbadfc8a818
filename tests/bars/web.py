"""Slow senders, slow readers, sign-in storms: what they cost everybody else of a web server."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import web_harms as harms
from tests.bars.bar import Bar
from tests.web_harms import Web

HALF_SENT_SECONDS = 3.0
SIGN_INS_MB = 120.0
NOTHING_SECONDS = 0.5
"""So much more at the 95th percentile is no cost that somebody notices."""


def measure() -> list[Bar]:
    with tempfile.TemporaryDirectory() as folder, Web(Path(folder)) as web:
        web.ask(harms.EXPORT, token=web.token)
        quiet = harms.percentile(harms.others(web), 0.95)
        return [*_half_sent(web), _slow_readers(web, quiet), _sign_ins(web)]


def _half_sent(web: Web) -> Iterator[Bar]:
    for name, one in (("headers", harms.half_head), ("bodies", harms.half_body)):
        with harms.many(24, lambda one=one: one(web)):
            slowest = harms.percentile(harms.others(web), 1)
        yield Bar(f"beside 24 half-sent {name}, slowest request, s", HALF_SENT_SECONDS, slowest)


def _slow_readers(web: Web, quiet: float) -> Bar:
    """All files are written (two at a time), none is taken."""
    with harms.many(12, lambda: harms.slow_reader(web)):
        beside = harms.percentile(harms.others(web), 0.95)
    note = f"{quiet:.3f} s without, {beside:.3f} s with them"
    most = NOTHING_SECONDS
    return Bar("12 slow readers of an export, p95 of others, s more", most, beside - quiet, note)


def _sign_ins(web: Web) -> Bar:
    before = web.memory()
    with _highest_memory(web) as highest:
        answers = harms.sign_ins(web, 24)
    statuses = sorted({answered.status for answered in answers})
    note = f"answered {', '.join(map(str, statuses))}"
    return Bar("24 wrong sign-ins at once, MB more", SIGN_INS_MB, max(highest) - before, note)


@contextmanager
def _highest_memory(web: Web) -> Iterator[list[float]]:
    seen, is_over = [web.memory()], threading.Event()

    def watch() -> None:
        while not is_over.wait(0.02):
            seen.append(web.memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        is_over.set()
        watcher.join()
