"""Socket path of the embedded broker, within the length limit of the operating system."""

import os
from hashlib import blake2b
from pathlib import Path

MAX_SOCKET_PATH = 100
"""Bytes; operating systems allow 103 to 107."""


def choose_broker_socket(var_dir: Path) -> Path:
    """Return a path in `var_dir`; if too long, in a directory under /tmp derived from it."""
    wanted = var_dir / "broker.sock"
    if len(os.fsencode(wanted)) <= MAX_SOCKET_PATH:
        return wanted
    name = blake2b(os.fsencode(var_dir), digest_size=8).hexdigest()
    return Path("/tmp") / f"diip-{os.getuid()}-{name}" / "broker.sock"  # noqa: S108 made 0700
