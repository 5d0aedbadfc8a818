"""Stages of the gate, with their databases and Python versions.

All tests run on SQLite. Tests that use the database also run on PostgreSQL; the others, and one
database module per app, also run on the other Python. `tests/kinds.py` marks them. Tests marked
`long` run on SQLite and the main Python only.
"""

import secrets
import shutil
import sys
import tempfile
from base64 import urlsafe_b64encode
from pathlib import Path

from scripts import setup
from scripts.borrowed_servers import BROKERS, new_database
from scripts.lanes import ROOT, Lane, Stage, say

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
    "simulator",
)
OTHER = (3, 13) if sys.version_info < (3, 13) else (3, 11)
HANG_SECONDS = "300"
"""Time limit of a hanging test, which then fails with its stack."""
PYTEST = ("-m", "pytest", "-q", "--timeout", HANG_SECONDS, "--durations", "10")
FAST = "not e2e and not openapi"


# --- without tests --------------------------------------------------------------------------------


def formatting(lane: Lane) -> bool:
    return _module(lane, "ruff", "format", "--check", "--quiet", ".")


def lint(lane: Lane) -> bool:
    return _module(lane, "ruff", "check", "--quiet", ".")


def security(lane: Lane) -> bool:
    """Run Bandit, medium and up; every finding needs a written reason."""
    return _module(lane, "scripts.security")


def imports(lane: Lane) -> bool:
    return lane.run(str(Path(PYTHON).with_name("lint-imports")), "--no-logo")


def types(lane: Lane) -> bool:
    return _module(lane, "mypy", *TYPED)


def migrations(lane: Lane) -> bool:
    return lane.run(PYTHON, "manage.py", "makemigrations", "--check", "--dry-run", "-v", "1")


def lock(lane: Lane) -> bool:
    """Check that the locks match requirements*.in; needs uv."""
    if not shutil.which("uv"):
        say("lock: skipped, uv is not installed")
        return True
    return lane.run("sh", "scripts/lock.sh", "--check")


def deploy(lane: Lane) -> bool:
    """Check that production settings cause no warning."""
    check = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    return lane.run(PYTHON, *check, **production_settings())


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


# --- tests ----------------------------------------------------------------------------------------


def sqlite_fast(lane: Lane) -> bool:
    return _fast_tests(lane, PYTHON, FAST)


def openapi(lane: Lane) -> bool:
    """Test the API against its schema on one database; `make fuzz` uses both."""
    return lane.run(PYTHON, *PYTEST, "-n", "2", *_files_marked("openapi"))


def sqlite_e2e(lane: Lane) -> bool:
    with tempfile.TemporaryDirectory(prefix="diip-migrated-") as folder:
        database = f"{folder}/diip.sqlite3"
        is_made = _migrate(lane, f"sqlite:///{database}")
        return is_made and _slow_tests(lane, "e2e", BROKERS, TEST_DATABASE_TEMPLATE=database)


def postgres_fast(lane: Lane) -> bool:
    return _fast_tests(lane, PYTHON, f"{FAST} and database and not long", **lane.servers)


def postgres_e2e(lane: Lane) -> bool:
    brokers = len(lane.servers["TEST_REDIS_URLS"].split(","))
    with new_database(lane.servers["DATABASE_URL"]) as (name, url):
        # A different name from the fast tests, which run at the same time.
        env = {**lane.servers, "DATABASE_URL": url, "TEST_DATABASE_TEMPLATE": name}
        is_made = _migrate(lane, url)
        return is_made and _slow_tests(lane, "e2e and not embedded", brokers, **env)


def other_python(lane: Lane) -> bool:
    """Run tests on the other end of the supported Python versions."""
    major, minor = OTHER
    if not setup.find_python(OTHER):
        say(f"other_python: skipped, no Python {major}.{minor} found")
        return True
    venv = f".venv{major}{minor}"
    made = lane.run(
        PYTHON, "scripts/setup.py", "--dev", "--venv", venv, "--python", f"{major}.{minor}"
    )
    marks = f"{FAST} and not long and (not database or sample)"
    return made and _fast_tests(lane, f"{venv}/bin/python", marks)


def _fast_tests(lane: Lane, python: str, marks: str, **env: str) -> bool:
    """Run fast tests without the `openapi` modules, whose import takes seconds per process."""
    others = (f"--ignore={name}" for name in _files_marked("openapi"))
    options = ("-n", "2", "-p", "no:schemathesis", *others, "-m", marks)
    return lane.run(python, *PYTEST, *options, **env)


def _migrate(lane: Lane, database_url: str) -> bool:
    """Migrate a template database, which the end-to-end tests copy."""
    return lane.run(PYTHON, "manage.py", "migrate", "-v", "0", DATABASE_URL=database_url)


def _slow_tests(lane: Lane, marks: str, processes: int, **env: str) -> bool:
    """Distribute tests by file, because the tests of a file may share a platform."""
    options = ("-p", "no:schemathesis", "-n", str(processes), "--dist", "loadfile", "-m", marks)
    return lane.run(PYTHON, *PYTEST, *options, *_files_marked("e2e"), **env)


def _files_marked(mark: str) -> list[str]:
    """Return files with the mark, to spare importing all others."""
    word = f"pytest.mark.{mark}"
    files = [path for app in (*TYPED, "tests") for path in Path(ROOT, app).rglob("test_*.py")]
    return [str(path.relative_to(ROOT)) for path in sorted(files) if word in path.read_text()]


def _module(lane: Lane, name: str, *arguments: str) -> bool:
    return lane.run(PYTHON, "-m", name, *arguments)


STATIC: tuple[Stage, ...] = (
    *(formatting, lint, security, imports, types, migrations, lock, deploy),
)
ON_SQLITE: tuple[Stage, ...] = (sqlite_fast, openapi, sqlite_e2e)
ON_POSTGRES: tuple[Stage, ...] = (postgres_fast, postgres_e2e)
STAGES = {stage.__name__: stage for stage in (*STATIC, *ON_SQLITE, *ON_POSTGRES, other_python)}
GROUPS = {
    "static": [stage.__name__ for stage in STATIC],
    "sqlite": [stage.__name__ for stage in ON_SQLITE],
    "postgres": [stage.__name__ for stage in ON_POSTGRES],
}
BESIDE = {*GROUPS["static"], "sqlite_e2e", "postgres_e2e"}
"""Stages of the second lane: they mostly wait, or use one core."""
NEEDS_SERVERS = {*GROUPS["postgres"]}
