"""Forty seconds of a database that takes connections and answers nothing, then all is well.

Every thread of the web server is busy with it when it begins: eight people ask all the while.
"""

import math
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

from tests.bars.bar import Bar
from tests.fault_proxy import FINE, Trouble
from tests.platform import Platform, Reply, call
from tests.proxied_servers import open_servers
from tests.sync_platform import Site, open_site_on

PEOPLE = 8
SILENT_SECONDS = 40.0
PATIENCE = 90.0
"""After that nobody comes back any more."""


@dataclass(frozen=True)
class Answer:
    asked: float
    at: float
    reply: Reply | None
    """None: none came."""

    @property
    def is_good(self) -> bool:
        return self.reply is not None and self.reply.status == 200

    @property
    def is_honest(self) -> bool:
        """Good, or a problem document that says 503."""
        reply = self.reply
        says = reply.data.get("status") if reply and isinstance(reply.data, dict) else None
        return self.is_good or says == 503


@dataclass
class Asker:
    """Asks one address again and again, in a thread of its own."""

    ask: Callable[[], Reply]
    pause: float = 0.2
    answers: list[Answer] = field(default_factory=list)

    def work(self, stopping: Event) -> None:
        while not stopping.wait(self.pause):
            asked, reply = time.monotonic(), None
            with suppress(OSError):
                reply = self.ask()
            self.answers.append(Answer(asked, time.monotonic(), reply))

    def good_after(self, moment: float) -> float | None:
        """Seconds from there to the first good answer."""
        good = (answer.at - moment for answer in self.answers if answer.is_good)
        return min((seconds for seconds in good if seconds > 0), default=None)


def measure() -> list[Bar]:
    with (
        tempfile.TemporaryDirectory(prefix="diip-bar-") as folder,
        open_servers(Path(folder)) as servers,
        open_site_on(servers, Path(folder) / "var") as site,
    ):
        people = [_person(site.platform, number) for number in range(PEOPLE)]
        probe = Asker(lambda: call("GET", f"{site.platform.url}/healthz"), pause=1.0)
        stopping = Event()
        threads = [
            Thread(target=asker.work, args=(stopping,), daemon=True) for asker in (*people, probe)
        ]
        for thread in threads:
            thread.start()
        _wait(lambda: all(asker.answers and asker.answers[-1].is_good for asker in people))
        began, over = _be_silent(site)
        _wait(lambda: all(asker.good_after(over) is not None for asker in people))
        stopping.set()
        for thread in threads:
            thread.join()
        synced = _sync_seconds(site, over)
    return _bars(people, probe, (began, over), synced)


def _person(platform: Platform, number: int) -> Asker:
    token = platform.register(f"person{number}@example.com")
    return Asker(lambda: platform.api("GET", "/api/projects/", token=token))


def _be_silent(site: Site) -> tuple[float, float]:
    assert site.servers
    began = time.monotonic()
    site.servers.to_database.be(Trouble("silent"))
    time.sleep(SILENT_SECONDS)
    site.servers.to_database.be(FINE)
    return began, time.monotonic()


def _sync_seconds(site: Site, over: float) -> float:
    """Until a repository that is connected now is read: workers and beat are at work again."""
    while time.monotonic() < over + PATIENCE:
        # One process may have found out, and another still wait for what was asked before.
        with suppress(OSError, AssertionError):
            run = site.connect(5, begin=False).wait_for_end()
            assert run["state"] == "succeeded", run
            return time.monotonic() - over
        time.sleep(0.5)
    return math.inf


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)


def _bars(
    people: list[Asker], probe: Asker, silence: tuple[float, float], synced: float
) -> list[Bar]:
    began, over = silence
    good = [asker.good_after(over) for asker in people]
    back = [PATIENCE if seconds is None else seconds for seconds in good]
    answers = [answer for asker in people for answer in asker.answers if answer.at > began]
    probed = [answer for answer in probe.answers if began < answer.asked < over]
    longest = max((answer.at - answer.asked for answer in answers), default=PATIENCE)
    dishonest = [answer for answer in answers if not answer.is_honest]
    return [
        Bar("after 40 s of a silent database: seconds to the first 2xx", 15, min(back)),
        Bar("the same for each of eight people", 15, max(back)),
        Bar("the same to the end of a new repository's first sync", 60, synced),
        Bar("seconds of the longest answer in it", 15, longest, f"{len(answers)} answers"),
        Bar("answers that were neither 200 nor 503 as a problem", 0, len(dishonest)),
        Bar(
            "/healthz in it: seconds of the longest answer",
            15,
            max((answer.at - answer.asked for answer in probed), default=PATIENCE),
            f"{sum(answer.is_good for answer in probed)} of {len(probed)} answered",
        ),
    ]
