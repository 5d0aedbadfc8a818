"""A gunicorn with production's settings, on loopback."""

import os
import secrets
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts import child_processes
from tests.platform import ROOT, call, free_port

START_SECONDS = 90
MANY = "1000000"


def production(var_dir: Path, database_url: str | None, redis_url: str) -> dict[str, str]:
    """As an operator sets it up behind one proxy; the limits of tries are lifted."""
    given = {"DATABASE_URL": database_url} if database_url else {}
    return given | {
        "DEBUG": "false",
        "DIIP_ENV_FILE": "",
        "DIIP_VAR_DIR": str(var_dir),
        "SECRET_KEY": secrets.token_urlsafe(64),
        "DIIP_ENCRYPTION_KEYS": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "ALLOWED_HOSTS": "127.0.0.1",
        "NUM_PROXIES": "1",
        "REDIS_URL": redis_url,
        "EMAIL_URL": "dummymail://",
        "DIIP_REQUESTS_PER_MINUTE": MANY,
        "DIIP_DELIVERIES_PER_MINUTE": MANY,
        "DIIP_LOGINS_PER_ACCOUNT": MANY,
        "DIIP_LOGINS_PER_ADDRESS": MANY,
        "DIIP_REGISTRATIONS_PER_ADDRESS": MANY,
        "DIIP_MEMBER_LOOKUPS_PER_HOUR": MANY,
        "DIIP_TEST_MESSAGES_PER_HOUR": MANY,
    }


@contextmanager
def serve(log_file: Path, **changed: str) -> Iterator[int]:
    """The port; the settings are those of this process's environment, but for some."""
    port = free_port()
    own = {"PORT": str(port), "HOST": "127.0.0.1", "WEB_WORKERS": "2", "WEB_THREADS": "4"}
    with log_file.open("w") as log:
        process = child_processes.start(
            [sys.executable, "-m", "gunicorn", "tests.fuzz.served", "--log-level", "warning"],
            cwd=ROOT,
            env={**os.environ, **own, **changed},
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_up(process, port, log_file)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_until_up(process: subprocess.Popen[bytes], port: int, log_file: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if call("GET", f"http://127.0.0.1:{port}/healthz").status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"fuzz: gunicorn does not start:\n{log_file.read_text()}")
