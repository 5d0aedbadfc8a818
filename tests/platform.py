"""The whole platform as real processes, for end-to-end tests.

with Platform(tmp_path) as platform:
    token = platform.register("ann@example.com")
    reply = platform.api("GET", "/api/projects/", token=token)
    os.kill(platform.pids()["worker"], signal.SIGKILL)
    platform.wait_for(lambda: ...)
"""

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import psycopg

from scripts import child_processes

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "correct horse battery 9"
HANG_SECONDS = 240
"""What takes longer never comes: no measure of speed, a loaded machine is slow. Less than the
`--timeout` of the gate, so that the platform's own log is shown."""


@dataclass(frozen=True)
class Reply:
    status: int
    data: Any


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def call(method: str, url: str, body: object = None, token: str = "") -> Reply:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return Reply(answer.status, _parse(answer.read()))
    except urllib.error.HTTPError as error:
        return Reply(error.code, _parse(error.read()))


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body or b"null")
    except ValueError:
        return body.decode(errors="replace")


MIGRATED = os.environ.get("TEST_DATABASE_TEMPLATE", "")
"""A migrated database that platforms begin with a copy of: a file, or a name on the server."""


@contextmanager
def own_database(template: str = MIGRATED) -> Iterator[str | None]:
    """A new database beside the one DATABASE_URL names; None: SQLite."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield None
        return
    name = f"diip_e2e_{secrets.token_hex(4)}"
    parts = urlsplit(url)
    with psycopg.connect(parts._replace(path="/postgres").geturl(), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}{f' TEMPLATE {template}' * bool(template)}")
        try:
            yield parts._replace(path=f"/{name}").geturl()
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def own_broker() -> str | None:
    """Of this test process: one of TEST_REDIS_URLS, else the one REDIS_URL names."""
    urls = [url for url in os.environ.get("TEST_REDIS_URLS", "").split(",") if url]
    if not urls:
        return os.environ.get("REDIS_URL")
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    assert number < len(urls), f"{len(urls)} brokers in TEST_REDIS_URLS are too few"
    return urls[number]


class Platform:
    """`manage.py run_platform` in `var_dir`, on embedded parts unless URLs are given."""

    def __init__(
        self,
        var_dir: Path,
        database_url: str | None = None,
        redis_url: str | None = None,
        simulator: bool = True,
        issues: int = 200,
    ) -> None:
        self.var_dir = var_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_file = var_dir.with_name(f"{var_dir.name}.log")
        self.command = [sys.executable, "manage.py", "run_platform", "--port", str(self.port)]
        self.has_simulator = simulator
        if simulator:
            self.command += ["--simulator", str(issues)]
        parts = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
        given = {name: value for name, value in parts.items() if value}
        clean = {name: value for name, value in os.environ.items() if name not in parts}
        self.second_beat: subprocess.Popen[bytes] | None = None
        self.env = {**clean, **given, "DIIP_VAR_DIR": str(var_dir)}
        self.template = MIGRATED if not database_url and Path(MIGRATED).is_file() else ""
        # Tests ask as one, and more often than anybody else.
        self.env["DIIP_REQUESTS_PER_MINUTE"] = "1000000"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start (again, in the same directory) and wait until it is ready."""
        self.choose_simulator_port()
        self._copy_template()
        with self.log_file.open("w") as log:
            self.process = child_processes.start(
                self.command,
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.wait_for(lambda: "ready:" in self.log or self._has_ended(), HANG_SECONDS)
        assert not self._has_ended(), self.log

    def choose_simulator_port(self) -> None:
        """Any, once: of two platforms that start at once both would take the first of the usual."""
        memory = self.var_dir / "simulator.port"
        if self.has_simulator and not memory.exists():
            self.var_dir.mkdir(exist_ok=True)
            memory.write_text(str(free_port()))

    def _copy_template(self) -> None:
        database = self.var_dir / "diip.sqlite3"
        if self.template and not database.exists():
            self.var_dir.mkdir(exist_ok=True)
            shutil.copyfile(self.template, database)

    def start_second_beat(self) -> None:
        schedule = self.var_dir / "second-beat"
        self.second_beat = child_processes.start(
            [sys.executable, "-m", "celery", "-A", "diip", "--quiet", "beat", "-s", str(schedule)],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def stop_second_beat(self) -> None:
        if self.second_beat:
            self.second_beat.terminate()
            self.second_beat.wait()
            self.second_beat = None
            child_processes.forget_ended()

    def stop(self, number: int = signal.SIGINT) -> int:
        """Ask it to end; its exit code."""
        if not self._has_ended():
            self.process.send_signal(number)
        try:
            code = self.process.wait(timeout=HANG_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()  # whatever it started ends with it
            raise
        child_processes.forget_ended()
        return code

    def kill(self) -> None:
        """`kill -9` of the supervisor alone."""
        self.process.kill()
        self.process.wait()
        child_processes.forget_ended()

    def pids(self) -> dict[str, int]:
        """The processes by name: broker, simulator, worker, beat, web."""
        started = re.findall(r"diip \| (\w+) started \(pid (\d+)\)", self.log)
        return {name: int(pid) for name, pid in started}

    def api(self, method: str, path: str, body: object = None, token: str = "") -> Reply:
        return call(method, self.url + path, body, token)

    def register(self, email: str) -> str:
        """A new account's access token."""
        account = {"email": email, "password": PASSWORD}
        assert self.api("POST", "/api/auth/register/", account).status == 201
        return self.api("POST", "/api/auth/login/", account).data["access"]

    def wait_for(self, condition: Callable[[], Any], seconds: float = HANG_SECONDS) -> Any:
        """The first true value of `condition`."""
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            assert time.monotonic() < deadline, f"waited {seconds} s in vain\n{self.log}"
            time.sleep(0.1)
        return value

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    @property
    def tracker_url(self) -> str:
        """The simulator's root; GitHub's API lies under `/github`."""
        return f"http://127.0.0.1:{(self.var_dir / 'simulator.port').read_text()}"

    def leftovers(self) -> list[str]:
        """Command lines of the processes that still run for this directory (Linux)."""
        mark = f"DIIP_VAR_DIR={self.var_dir}\0".encode()
        return [
            (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            for folder in Path("/proc").glob("[0-9]*")
            if _belongs(folder, mark)
        ]

    def _has_ended(self) -> bool:
        return self.process.poll() is not None


def _belongs(folder: Path, mark: bytes) -> bool:
    try:
        return mark in (folder / "environ").read_bytes()
    except OSError:  # ended meanwhile, or somebody else's
        return False
