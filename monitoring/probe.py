"""Asks a running DIIP whether it is ready: `python -m monitoring.probe` (a container's health)."""

import os
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


if __name__ == "__main__":
    hosts = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")
    sys.exit(not is_ready(int(os.environ.get("PORT", "8000")), hosts))
