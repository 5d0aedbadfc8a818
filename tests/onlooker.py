"""Somebody who uses the API all the while, and what they got to see."""

import time
from threading import Event, Thread
from typing import Self

from tests.soaking.traffic import Tally, ask
from tests.soaking.world import Person
from tests.sync_platform import PATIENCE, Site

PAUSE = 0.2


class Onlooker:
    """Reads as long as it is open; all that time counts as trouble."""

    def __init__(self, site: Site) -> None:
        self.tally = Tally("harm")
        self._person = Person(site.platform.url, "ann@example.com", site.token)
        self._stopping = Event()
        self._thread = Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def wait_for_answer(self) -> float:
        """When the first 2xx came."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            reply = ask(self._person, self.tally, "GET", "/api/projects/")
            if reply and reply.status == 200:
                return time.time()
            time.sleep(0.05)
        raise AssertionError(f"nobody answers after {PATIENCE:g} s")

    def _look(self) -> None:
        while not self._stopping.wait(PAUSE):
            ask(self._person, self.tally, "GET", "/api/projects/")
