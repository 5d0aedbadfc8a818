"""Bounded load: people who read and press buttons, trackers that change all the time."""

import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from urllib.error import URLError

from tests.platform import Reply
from tests.soaking.world import Linked, Person, World

AFTERWARDS = 20.0
"""Seconds after a trouble in which its traces may still be seen."""
NO_ANSWER = "no answer"
TIMEOUT = "timeout"


@dataclass
class Tally:
    """What people got, in calm and in trouble."""

    trouble: str = ""
    """What is going on at the moment."""
    calm_from: float = 0.0
    calm: Counter[str] = field(default_factory=Counter)
    troubled: Counter[str] = field(default_factory=Counter)
    unexpected: list[str] = field(default_factory=list)
    slowest: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def begin(self, trouble: str) -> None:
        self.trouble = trouble

    def end(self) -> None:
        self.calm_from, self.trouble = time.monotonic() + AFTERWARDS, ""

    @property
    def is_calm(self) -> bool:
        return not self.trouble and time.monotonic() > self.calm_from

    def note(self, what: str, reply: Reply | str, *, was_calm: bool, seconds: float) -> None:
        outcome = reply if isinstance(reply, str) else str(reply.status)
        is_calm = was_calm and self.is_calm
        with self._lock:
            (self.calm if is_calm else self.troubled)[outcome] += 1
            self.slowest = max(self.slowest, seconds)
            if not is_expected(reply, is_calm=is_calm):
                self.unexpected.append(
                    f"{time.strftime('%H:%M:%S')} {what}: {str(reply)[:300]}"
                    f" ({seconds:.1f} s; {self.trouble or 'calm'})"
                )


def is_expected(reply: Reply | str, *, is_calm: bool) -> bool:
    """A person may be told to come back, or find nobody, while something is broken; never a 500."""
    if isinstance(reply, str):
        return reply == NO_ANSWER and not is_calm
    if reply.status == 503:
        return not is_calm and isinstance(reply.data, dict) and reply.data.get("status") == 503
    return reply.status < 500 and reply.status not in (400, 403, 404, 405)


def ask(person: Person, tally: Tally, method: str, path: str, body: object = None) -> Reply | None:
    was_calm, started = tally.is_calm, time.monotonic()
    outcome: Reply | str
    try:
        outcome = person.ask(method, path, body)
    except TimeoutError:
        outcome = TIMEOUT
    except URLError as error:
        outcome = TIMEOUT if isinstance(error.reason, TimeoutError) else NO_ANSWER
    except OSError:
        outcome = NO_ANSWER
    seconds = time.monotonic() - started
    tally.note(f"{method} {path}", outcome, was_calm=was_calm, seconds=seconds)
    return outcome if isinstance(outcome, Reply) else None


class Traffic:
    """Threads that go on until they are stopped."""

    def __init__(self, world: World, seed: int, visitors: int = 3) -> None:
        self.world, self.tally = world, Tally()
        self.changes = 0
        self._stopping = Event()
        visits = [(self._visit, f"{seed} {number}") for number in range(visitors)]
        self._threads = [
            Thread(target=self._work, args=(work, random.Random(name)), daemon=True)
            for work, name in [*visits, (self._change, f"{seed} changes")]
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _work(self, work: Callable[[random.Random], None], dice: random.Random) -> None:
        """A thread that ends before it should is no load: then nothing was shown."""
        try:
            work(dice)
        finally:
            if not self._stopping.is_set():
                self.tally.unexpected.append(f"{work.__name__} ended: {sys.exc_info()[1]!r}")

    def _visit(self, dice: random.Random) -> None:
        while not self._stopping.wait(dice.uniform(0.5, 1.5)):
            link = dice.choice(self.world.links)
            method, path = dice.choices(*_WISHES)[0](link)
            ask(self.world.ann, self.tally, method, path, {} if method == "POST" else None)

    def _change(self, dice: random.Random) -> None:
        while not self._stopping.wait(dice.uniform(0.5, 2.5)):
            dice.choice(self.world.links).story.change(dice)
            self.changes += 1


Wish = Callable[[Linked], tuple[str, str]]
_READING = (
    "issues/", "issues/?status=todo", "issues/?q=edited", "issues/export/", "people/", "syncs/",
    "integrations/", "analytics/summary/", "analytics/trends/", "analytics/current/",
    "analytics/data-quality/", "analytics/spikes/", "alerts/", "alerts/channels/",
)  # fmt: skip


def _reads(path: str) -> Wish:
    return lambda link: ("GET", f"{link.path}/{path}")


_WISHES: tuple[list[Wish], list[float]] = (
    [
        *(_reads(path) for path in _READING),
        lambda link: ("GET", "/api/projects/"),
        lambda link: ("GET", link.itself),
        lambda link: ("POST", f"{link.path}/sync/"),
    ],
    [*(1.0 for _ in _READING), 3.0, 2.0, 2.0],
)
