"""The set-up script's decisions; that it installs is seen by running it."""

import fcntl
import sys
from pathlib import Path

import pytest

from scripts import setup


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    for lock in setup.LOCKS.values():
        (tmp_path / lock).write_text(lock)
    return tmp_path


def stamp(venv: Path, kind: str) -> None:
    (venv / f".installed-{kind}").write_text(setup.digest(setup.LOCKS[kind]))


def test_an_unchanged_lock_is_not_installed_again(venv: Path) -> None:
    assert not setup.is_installed(venv, "run")
    stamp(venv, "run")

    assert setup.is_installed(venv, "run")
    assert not setup.is_installed(venv, "dev")


def test_a_changed_lock_is_installed_again(venv: Path) -> None:
    stamp(venv, "run")
    (venv / setup.LOCKS["run"]).write_text("newer")

    assert not setup.is_installed(venv, "run")


def test_development_holds_what_running_needs(venv: Path) -> None:
    stamp(venv, "dev")

    assert setup.is_installed(venv, "run")


def test_a_shim_that_leads_nowhere_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = tmp_path / "python3"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setattr(setup, "list_candidates", lambda: [str(shim), sys.executable])

    assert setup.read_version(str(shim)) is None
    assert setup.find_python(None) == sys.executable


def test_a_version_that_is_not_there_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "list_candidates", lambda: [sys.executable])

    assert setup.find_python((2, 7)) is None


def test_two_at_once_install_one_after_the_other(venv: Path) -> None:
    with (
        setup.alone_in(venv / ".venv"),
        (venv / ".venv.lock").open() as theirs,
        pytest.raises(BlockingIOError),
    ):
        fcntl.flock(theirs, fcntl.LOCK_EX | fcntl.LOCK_NB)
