"""What a process started ends with it, also when nobody could ask it to."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.platform import ROOT, Platform
from tests.static_rules import APPS

PARENT = """
import signal, sys
from scripts import child_processes

child_processes.start(["sleep", "1000"])
print("started", flush=True)
signal.pause()
"""
RUN = """
from pathlib import Path

from tests.platform import Platform

def test_that_never_ends():
    with Platform(Path({var_dir!r}), simulator=False) as platform:
        platform.process.wait()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_child_ends_with_its_parent(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == "started\n"
        parent.send_signal(number)

        assert parent.stdout.read() == ""  # the end of the child, which holds it open too
        assert parent.wait() == -number


def test_tests_start_what_goes_on_beside_them_by_this_alone() -> None:
    """But for those of processes that end, and the two that look at it from outside."""
    starting = {
        str(path.relative_to(ROOT))
        for app in ("tests", *APPS)
        for path in Path(ROOT, app).rglob("*.py")
        if "tests" in path.parts and "subprocess.Popen(" in path.read_text()
    }

    assert starting == {"tests/test_child_processes.py", "diip/tests/test_orphan_watchdog.py"}


@pytest.mark.e2e
@pytest.mark.embedded
def test_ending_a_test_run_ends_its_platform(tmp_path: Path) -> None:
    platform = Platform(tmp_path / "var", simulator=False)
    platform.log_file.touch()
    Path(tmp_path, "test_run.py").write_text(RUN.format(var_dir=str(platform.var_dir)))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
    options = ["-n", "0", "-c", str(ROOT / "pytest.ini"), "--rootdir", str(ROOT), str(tmp_path)]
    with subprocess.Popen([*command, *options], cwd=ROOT, env=own_environment()) as run:
        platform.wait_for(lambda: "ready:" in platform.log)
        assert platform.leftovers()
        run.terminate()

    platform.wait_for(lambda: platform.leftovers() == [])


def own_environment() -> dict[str, str]:
    """As a run of its own, not as a part of this one."""
    return {name: value for name, value in os.environ.items() if "PYTEST" not in name}
