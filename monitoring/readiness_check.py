"""Check a container's health.

`python -m monitoring.readiness_check` asks the web process whether it is ready. With `worker` or
`beat` it checks the age of the file that the process's main loop touches (DIIP_ALIVE_FILE).
"""

import os
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

SECONDS = 5


def is_ready(port: int, allowed_hosts: Sequence[str]) -> bool:
    """Request /readyz on this machine, with a Host header that the service accepts."""
    name = next((host.lstrip(".") for host in allowed_hosts if host != "*"), "localhost")
    request = urllib.request.Request(f"http://127.0.0.1:{port}/readyz", headers={"Host": name})
    try:
        with urllib.request.urlopen(request, timeout=SECONDS):  # noqa: S310 our own address
            return True
    except OSError:  # refused, silent, or an answer that says 503
        return False


def is_alive(alive_file: Path, silent_seconds: float) -> bool:
    """Return True if the file is fresh or the broker is down.

    A loop that waits for the broker must not be restarted.
    """
    try:
        age = time.time() - alive_file.stat().st_mtime
    except FileNotFoundError:
        age = float("inf")
    return age <= silent_seconds or not _broker_answers()


def _broker_answers() -> bool:
    from monitoring import broker  # noqa: PLC0415 - rarely needed, and it reads all settings

    return broker.is_answering()


def main(arguments: Sequence[str]) -> bool:
    if not arguments:
        hosts = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")
        return is_ready(int(os.environ.get("PORT", "8000")), hosts)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "diip.settings")
    silent_seconds = float(os.environ.get("DIIP_HEARTBEAT_TIMEOUT", "180"))
    return is_alive(Path(os.environ["DIIP_ALIVE_FILE"]), silent_seconds)


if __name__ == "__main__":
    sys.exit(not main(sys.argv[1:]))
