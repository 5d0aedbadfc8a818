"""The lock holds nothing below the floor: advisories cannot be looked up where tests run."""

import re
from pathlib import Path

import pytest
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
FLOORS = dict(
    re.findall(
        r"^([a-z0-9-]+)>=([\w.]+)", (ROOT / "requirements-floor.txt").read_text(), re.MULTILINE
    )
)


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([\w.]+)", (ROOT / name).read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_no_pin_is_below_its_floor(lock):
    pinned = pins(lock)
    below = {
        name: pinned[name]
        for name, floor in FLOORS.items()
        if name in pinned and Version(pinned[name]) < Version(floor)
    }

    assert len(pinned) > 30
    assert below == {}


def test_every_floor_is_of_something_that_is_installed():
    assert FLOORS.keys() <= pins("requirements-dev.txt").keys()
    assert len(FLOORS) > 10
