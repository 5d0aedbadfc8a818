"""What `make chaos` saw is kept, whatever happens to its platform afterwards."""

import argparse
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests import chaos
from tests.chaos_report import Outcome


@contextmanager
def never_stops(*arguments: object, **options: object) -> Iterator[None]:
    yield
    raise subprocess.TimeoutExpired("run_platform", 100)


def test_rounds_are_kept_where_the_platform_does_not_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    good = Outcome(seconds=1.0)
    monkeypatch.setattr(chaos, "_open", never_stops)
    monkeypatch.setattr(chaos, "harm_once", lambda *arguments: good)
    asked = argparse.Namespace(on="embedded", seed=1)

    kept: list[Any] = chaos.suffer_on_one("child killed", 3, 0, asked)

    assert kept[:3] == [good] * 3
    assert "TimeoutExpired" in str(kept[3].wrong["stuck"])
