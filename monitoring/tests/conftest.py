from collections.abc import Iterator

import pytest

from monitoring.health import lanes, reporting
from projects.tests.people import team

__all__ = ["team"]


@pytest.fixture
def inline_probes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Probes in the test's own thread: another one would not see what its transaction wrote."""
    monkeypatch.setattr(
        lanes, "ask_all", lambda probes: tuple(lanes.ask_one(probe) for probe in probes)
    )
    reporting._last.clear()
    yield
    reporting._last.clear()
