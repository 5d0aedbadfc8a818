"""A container's health: `python -m monitoring.probe` asks the web process whether it is ready,
`python -m monitoring.probe worker` (or `beat`) whether this host's own was heard lately."""

import os
import platform
import sys
import urllib.request
from collections.abc import Sequence

SECONDS = 5


def is_ready(port: int, allowed_hosts: Sequence[str]) -> bool:
    """Ask by an address of this machine, under a name that the service accepts."""
    name = next((host.lstrip(".") for host in allowed_hosts if host != "*"), "localhost")
    request = urllib.request.Request(f"http://127.0.0.1:{port}/readyz", headers={"Host": name})
    try:
        with urllib.request.urlopen(request, timeout=SECONDS):  # noqa: S310 our own address
            return True
    except OSError:  # refused, silent, or an answer that says 503
        return False


def was_heard(kind: str) -> bool:
    """By its heartbeat. Yes where the database cannot be asked: a restart mends no database."""
    import django  # noqa: PLC0415 - only here are the apps needed

    django.setup()
    from django.db import Error  # noqa: PLC0415

    from monitoring.health.processes import read_processes  # noqa: PLC0415

    own = f"{kind if kind == 'beat' else 'celery'}@{platform.node()}"
    try:
        found = [each for each in read_processes(kind) if _is(each.name, own)]
    except Error:
        return True
    return any(each.works for each in found)


def _is(name: str, own: str) -> bool:
    """`celery@host`, `beat@host:pid`."""
    return name == own or name.startswith(f"{own}:")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "diip.settings")
        sys.exit(not was_heard(sys.argv[1]))
    hosts = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")
    sys.exit(not is_ready(int(os.environ.get("PORT", "8000")), hosts))
