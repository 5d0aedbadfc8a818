"""Services of the platform, with their commands."""

import os
import signal
import sys
from pathlib import Path

from diip.launcher.child_process import Service

MANAGE = (sys.executable, "manage.py")
# Containers run as root, and no message is unpickled, so Celery's warning does not apply.
ROOT_WARNING = "ignore:You're running the worker with superuser privileges"
CELERY = (sys.executable, "-W", ROOT_WARNING, "-m", "celery", "-A", "diip", "--quiet")


def broker(server: Path, socket: Path, data_dir: Path) -> Service:
    """Return the Valkey or Redis service with production options: no eviction, AOF."""
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(data_dir),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    return Service("broker", (str(server), *arguments), is_quiet=True)


def preparation(command: str) -> Service:
    """Return a management command that must succeed before the services start."""
    options = (command, "--noinput", "-v", "0")
    return Service(command, (*MANAGE, *options), restarts=False, is_quiet=True)


def web(log_level: str) -> Service:
    command = (sys.executable, "-m", "gunicorn", "diip.wsgi", "--log-level", log_level)
    return Service("web", command, grace=25)


def worker(log_level: str) -> Service:
    """Return the worker. SIGQUIT is Celery's soft shutdown: unfinished tasks are requeued."""
    concurrency = os.environ.get("WORKER_CONCURRENCY", "2")
    options = ("--concurrency", concurrency, "--without-gossip", "--without-mingle", "-l")
    return Service(
        "worker",
        (*CELERY, "worker", *options, log_level),
        stop_signal=signal.SIGQUIT,
        grace=30,
    )


def beat(schedule: Path, log_level: str) -> Service:
    return Service("beat", (*CELERY, "beat", "--schedule", str(schedule), "-l", log_level))


def simulator(port: int, issues: int, until_file: Path, *, is_quiet: bool) -> Service:
    options = ("--port", str(port), "--seed", "1", "--issues", str(issues))
    command = (sys.executable, "-m", "simulator", *options, "--until-file", str(until_file))
    return Service("simulator", command, is_quiet=is_quiet)


def demo(url: str) -> Service:
    command = (sys.executable, "-m", "scripts.demo", url)
    return Service("demo", command, restarts=False, owns_terminal=True)
