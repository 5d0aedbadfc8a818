"""A simulated GitHub with somebody who listens, without a socket between."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from simulator.deliveries import Deliveries
from simulator.github.webhooks import Webhooks
from simulator.tests.simulated import Reader

URL, SECRET = "http://diip.test/hooks/7/", "It's a Secret to Everybody"


class Listener(Reader):
    """Subscribed to its own GitHub."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.got: list[tuple[str, bytes, Mapping[str, str]]] = []
        self.status = 202
        self.deliveries = Deliveries(1, self.clock, self._post)
        self.webhooks = Webhooks(self.github, self.deliveries)
        self.deliveries.behave(hold=True)

    def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.got.append((url, body, headers))
        return self.status

    def subscribe(self, url: str = URL) -> None:
        """The ping is over and forgotten."""
        self.deliveries.subscribe("github", url, SECRET)
        self.deliveries.release()
        self.got.clear()

    def heard(self) -> list[tuple[str, dict[str, Any]]]:
        """Event and payload of each, once they are released."""
        self.deliveries.release()
        return [(headers["X-GitHub-Event"], json.loads(body)) for _, body, headers in self.got]

    def names(self) -> list[str]:
        return [f"{event} {payload.get('action')}" for event, payload in self.heard()]


@pytest.fixture
def listener() -> Listener:
    subscribed = Listener()
    subscribed.subscribe()
    return subscribed
