"""Where the embedded broker listens: a file whose path the operating system can still address."""

import os
from hashlib import blake2b
from pathlib import Path

LONGEST_SOCKET_PATH = 100
"""Bytes; systems allow 103 to 107."""


def choose_broker_socket(var_dir: Path) -> Path:
    """In `var_dir`; for a deep one, in a directory under /tmp that every process derives alike."""
    wanted = var_dir / "broker.sock"
    if len(os.fsencode(wanted)) <= LONGEST_SOCKET_PATH:
        return wanted
    name = blake2b(os.fsencode(var_dir), digest_size=8).hexdigest()
    return Path("/tmp") / f"diip-{os.getuid()}-{name}" / "broker.sock"  # noqa: S108 made 0700
