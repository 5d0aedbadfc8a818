"""What `make demo` starts, twice over."""

import subprocess
from pathlib import Path

import pytest

from tests.platform import ROOT, Platform

pytestmark = [pytest.mark.e2e, pytest.mark.embedded]


def show(var_dir: Path) -> str:
    platform = Platform(var_dir, issues=300)
    platform.choose_simulator_port()
    command = [*platform.command, "--demo", "--once"]

    shown = subprocess.run(
        command, cwd=ROOT, env=platform.env, capture_output=True, text=True, check=False
    )

    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert platform.leftovers() == []
    return shown.stdout


def test_the_second_time_doubles_nothing(tmp_path: Path) -> None:
    first = show(tmp_path / "var")
    second = show(tmp_path / "var")

    assert "Registered demo@example.com" in first
    assert "/analytics/report/?link=" in first
    assert "Ten newest, of all trackers:" in first
    assert "resolution_time" in first
    assert "/analytics/report/?" in first
    assert "Registered" not in second
    assert "Created the project" not in second
    assert find_total(first) == find_total(second)


def find_total(output: str) -> str:
    return next(line for line in output.splitlines() if line.startswith("Issues: "))
