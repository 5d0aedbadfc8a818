"""Create the virtual environment and install the lock files. Standard library only.

    python3 scripts/setup.py [--dev] [--venv .venv] [--python 3.13]

Runs on any `python3` from 3.8 on, to find one that DIIP supports.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUPPORTED = ((3, 13), (3, 12), (3, 11))
LOCKS = {"run": "requirements.txt", "dev": "requirements-dev.txt"}
# Given a version only, uv would try to download an interpreter.
ENV = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def say(text: str) -> None:
    sys.stdout.write(f"setup: {text}\n")
    sys.stdout.flush()


def succeeds(*command: str) -> bool:
    """Run a command without output; return True on success."""
    try:
        result = subprocess.run(command, cwd=ROOT, env=ENV, capture_output=True, check=False)  # noqa: S603
    except OSError:
        return False
    return result.returncode == 0


# --- an interpreter -------------------------------------------------------------------------------


def read_version(python: str) -> tuple[int, int] | None:
    """Return (major, minor); None if it does not run, such as an unset version manager shim."""
    code = "import sys; print(*sys.version_info[:2])"
    try:
        result = subprocess.run([python, "-c", code], capture_output=True, check=False)  # noqa: S603
    except OSError:
        return None
    parts = result.stdout.split()
    return (int(parts[0]), int(parts[1])) if result.returncode == 0 and len(parts) == 2 else None


def list_candidates() -> list[str]:
    """List interpreters: `python3`, then the newest, then the others of pyenv."""
    names = ["python3", *(f"python{major}.{minor}" for major, minor in SUPPORTED)]
    found = [sys.executable, *filter(None, map(shutil.which, names))]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    kept = sorted(pyenv.glob("3.*/bin/python3"), key=numbers_in, reverse=True)
    return [*found, *map(str, kept)]


def numbers_in(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", path.parent.parent.name)]


def find_python(wanted: tuple[int, int] | None) -> str | None:
    accepted = (wanted,) if wanted else SUPPORTED
    return next((path for path in list_candidates() if read_version(path) in accepted), None)


# --- the environment ------------------------------------------------------------------------------


def make_environment(venv: Path, python: str) -> None:
    """Create the environment by the first way that works; Debian lacks `ensurepip`."""
    say(f"creating {venv.name} with {python}")
    ways = (
        (python, "-m", "venv", str(venv)),
        ("uv", "venv", "--python", python, str(venv)),
        (python, "-m", "virtualenv", str(venv)),
        (python, "-m", "venv", "--without-pip", str(venv)),
    )
    for way in ways:
        if succeeds(*way):
            return
        if venv.exists():
            shutil.rmtree(venv)
    sys.exit(
        f"setup: {python} cannot create a virtual environment. On Debian: apt install python3-venv"
    )


def choose_installer(venv: Path, python: str) -> list[list[str]]:
    """Return the commands that can install into `venv`, fastest first."""
    inside = str(venv / "bin" / "python")
    ways = []
    if succeeds("uv", "--version"):
        ways.append(["uv", "pip", "install", "--quiet", "--python", inside])
    if succeeds(inside, "-m", "pip", "--version"):
        ways.append([inside, "-m", "pip", "install", "--quiet"])
    elif succeeds(python, "-m", "pip", "--python", inside, "--version"):
        ways.append([python, "-m", "pip", "--python", inside, "install", "--quiet"])
    if not ways:
        sys.exit("setup: neither pip nor uv found. On Debian: apt install python3-venv")
    return ways


def install(venv: Path, python: str, lock: str) -> None:
    ways = choose_installer(venv, python)
    for way in ways:
        say(f"installing {lock} with " + ("uv" if way[0] == "uv" else "pip (a minute or two)"))
        command = [*way, "--require-hashes", "-r", lock]
        if subprocess.run(command, cwd=ROOT, env=ENV, check=False).returncode == 0:  # noqa: S603
            return
    sys.exit(f"setup: could not install {lock}. See the lines above.")


# --- state of the environment ---------------------------------------------------------------------


def digest(lock: str) -> str:
    return hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()


def is_installed(venv: Path, kind: str) -> bool:
    """Return True if the lock is installed; the development lock includes the other."""
    kinds = ("dev",) if kind == "dev" else ("dev", "run")
    return any(read_stamp(venv, each) == digest(LOCKS[each]) for each in kinds)


def read_stamp(venv: Path, kind: str) -> str:
    stamp = venv / f".installed-{kind}"
    return stamp.read_text() if stamp.exists() else ""


@contextlib.contextmanager
def alone_in(venv: Path) -> Iterator[None]:
    """Lock the environment, so that a second set-up waits."""
    with venv.with_name(f"{venv.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepare(venv: Path, kind: str, wanted: tuple[int, int] | None) -> None:
    works = read_version(str(venv / "bin" / "python")) in SUPPORTED
    if works and is_installed(venv, kind):
        return
    started = time.monotonic()
    python = find_python(wanted)
    if not python:
        versions = ", ".join(f"{major}.{minor}" for major, minor in SUPPORTED)
        sys.exit(f"setup: DIIP needs Python {versions}; none was found on this machine.")
    if not works:
        if venv.exists():
            shutil.rmtree(venv)
        make_environment(venv, python)
    install(venv, python, LOCKS[kind])
    (venv / f".installed-{kind}").write_text(digest(LOCKS[kind]))
    say(f"{venv.name} is ready ({time.monotonic() - started:.0f} s)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "--dev", action="store_true", help="also install the packages for checks and tests"
    )
    parser.add_argument("--venv", default=".venv", help="directory of the environment")
    parser.add_argument("--python", help="a version: 3.13")
    options = parser.parse_args()
    major, _, minor = (options.python or "").partition(".")
    wanted = (int(major), int(minor)) if minor else None
    with alone_in(ROOT / options.venv):
        prepare(ROOT / options.venv, "dev" if options.dev else "run", wanted)


if __name__ == "__main__":
    main()
