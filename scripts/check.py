"""The gate: everything that must hold before a change goes in.

python -m scripts.check              all of it
python -m scripts.check sqlite       the tests on SQLite and the embedded broker
python -m scripts.check lint types   some steps by name
"""

import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

from scripts import setup
from scripts.borrowed_servers import BROKERS, borrow

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
TYPED = (
    "accounts",
    "analytics",
    "benchmarks",
    "diip",
    "integrations",
    "issues",
    "monitoring",
    "projects",
    "scripts",
)
OTHER = (3, 13) if sys.version_info < (3, 13) else (3, 11)
LIMIT = ("-q", "--timeout", "300")
"""Seconds after which a hanging test is ended, with the place where it hangs."""
NOT_INHERITED = (
    *("DATABASE_URL", "REDIS_URL", "DEBUG", "PORT", "DIIP_VAR_DIR"),
    "PYTHONDONTWRITEBYTECODE",  # a score of processes would compile everything anew
)
"""What is checked does not depend on how the developer's own DIIP is set up."""
PASSED = ROOT / ".venv" / ".tests-passed"
"""The tree on which the SQLite tests passed last."""


def say(text: str) -> None:
    sys.stdout.write(f"check: {text}\n")
    sys.stdout.flush()


def run(*command: str, **env: str) -> bool:
    """Show what it prints; whether it succeeded."""
    own = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    with tempfile.TemporaryDirectory(prefix="diip-check-") as var_dir:
        given = {"DIIP_ENV_FILE": "", "DIIP_VAR_DIR": var_dir, **env}
        result = subprocess.run(command, cwd=ROOT, env={**own, **given}, check=False)  # noqa: S603
    return result.returncode == 0


def fast_tests(python: str, *, without: str = "", **env: str) -> bool:
    marks = ("-m", f"not e2e and not openapi{without}")
    return run(python, "-m", "pytest", *LIMIT, "-n", "2", *marks, **env)


def described() -> bool:
    """The API against its own description, on one database: `make fuzz` does so on both."""
    return run(PYTHON, "-m", "pytest", *LIMIT, "-n", "2", "-m", "openapi", *files_marked("openapi"))


def slow_tests(marks: str = "e2e", processes: int = BROKERS, **env: str) -> bool:
    """By file: the tests of one may share a running platform."""
    e2e = ("-n", str(processes), "--dist", "loadfile", "-m", marks, *files_marked("e2e"))
    return run(PYTHON, "-m", "pytest", *LIMIT, *e2e, **env)


def files_marked(mark: str) -> list[str]:
    """Importing all the other tests takes each process a quarter of a minute."""
    word = f"pytest.mark.{mark}"
    files = [path for app in (*TYPED, "tests") for path in Path(ROOT, app).rglob("test_*.py")]
    return [str(path.relative_to(ROOT)) for path in sorted(files) if word in path.read_text()]


def module(name: str, *arguments: str, **env: str) -> bool:
    return run(PYTHON, "-m", name, *arguments, **env)


def manage(*arguments: str, **env: str) -> bool:
    return run(PYTHON, "manage.py", *arguments, **env)


# --- the steps ------------------------------------------------------------------------------------


def formatting() -> bool:
    return module("ruff", "format", "--check", "--quiet", ".")


def lint() -> bool:
    return module("ruff", "check", "--quiet", ".")


def security() -> bool:
    """Bandit, medium and up: nothing without a written reason."""
    return module("scripts.security")


def imports() -> bool:
    return run(str(Path(PYTHON).with_name("lint-imports")), "--no-logo")


def types() -> bool:
    return module("mypy", *TYPED)


def migrations() -> bool:
    return manage("makemigrations", "--check", "--dry-run", "-v", "1")


def lock() -> bool:
    """Does the lock still follow from requirements*.in? Only uv can say."""
    if not shutil.which("uv"):
        say("lock: skipped, uv is not installed")
        return True
    return run("sh", "scripts/lock.sh", "--check")


def deploy() -> bool:
    """Production settings raise no warning of Django's or ours."""
    return manage("check", "--deploy", "--fail-level", "WARNING", **production_settings())


def production_settings() -> dict[str, str]:
    return {
        "DEBUG": "false",
        "SECRET_KEY": secrets.token_hex(32),
        "DIIP_ENCRYPTION_KEYS": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "ALLOWED_HOSTS": "diip.example.com",
        "NUM_PROXIES": "1",
        "DATABASE_URL": f"postgres://diip:{secrets.token_hex(16)}@db/diip",
        "REDIS_URL": f"redis://:{secrets.token_hex(16)}@redis/0",
        "EMAIL_URL": "smtp://mail.example.com",
    }


def sqlite() -> bool:
    if os.environ.get("CHECK_REUSES_TESTS") and is_passed_already():
        say("sqlite: passed a moment ago on this very tree; not repeated")
        return True
    passed = fast_tests(PYTHON) and described() and slow_tests()
    if passed:
        PASSED.write_text(digest_of_tree())
    return passed


def postgres() -> bool:
    with borrow() as urls:
        brokers = len(urls["TEST_REDIS_URLS"].split(","))
        slow = "e2e and not embedded"
        return fast_tests(PYTHON, **urls) and slow_tests(slow, brokers, **urls)


def other_python() -> bool:
    """The fast tests on the other end of the supported Pythons."""
    major, minor = OTHER
    if not setup.find_python(OTHER):
        say(f"other_python: skipped, no Python {major}.{minor} found")
        return True
    venv = f".venv{major}{minor}"
    made = run(PYTHON, "scripts/setup.py", "--dev", "--venv", venv, "--python", f"{major}.{minor}")
    return made and fast_tests(f"{venv}/bin/python", without=" and not long")


STEPS: dict[str, Callable[[], bool]] = {
    step.__name__: step
    for step in (
        formatting,
        lint,
        security,
        imports,
        types,
        migrations,
        lock,
        deploy,
        sqlite,
        postgres,
        other_python,
    )
}


# --- running them ---------------------------------------------------------------------------------


def is_passed_already() -> bool:
    return PASSED.exists() and PASSED.read_text() == digest_of_tree()


def digest_of_tree() -> str:
    """Of every file that git would take, and of the interpreter."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout  # noqa: S603
    digest = hashlib.sha256(sys.version.encode())
    for name in sorted(set(names.split(b"\0")) - {b""}):
        path = ROOT / os.fsdecode(name)
        digest.update(name + b"\0" + (path.read_bytes() if path.is_file() else b""))
    return digest.hexdigest()


def timed(name: str) -> bool:
    started = time.monotonic()
    passed = STEPS[name]()
    say(f"{name}: {'ok' if passed else 'FAILED'} ({time.monotonic() - started:.0f} s)")
    return passed


def main() -> None:
    names = sys.argv[1:] or list(STEPS)
    unknown = set(names) - set(STEPS)
    if unknown:
        sys.exit(f"check: no such step: {', '.join(unknown)}. Steps: {', '.join(STEPS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # borrowed servers are given back
    failed = [name for name in names if not timed(name)]
    if failed:
        sys.exit(f"check: FAILED: {', '.join(failed)}")
    say("all is well")


if __name__ == "__main__":
    main()
