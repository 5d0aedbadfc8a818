"""Generated secrets for development, stored in a file that only its owner can read."""

import base64
import json
import os
import secrets
from pathlib import Path
from typing import cast


def load_or_create_secrets(path: Path) -> dict[str, str]:
    """Return `{secret_key, encryption_key}` from `path`, created on first use.

    If several processes start at once, the first to link its file wins, and all read that file.
    """
    try:
        return _read(path)
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    made = {
        "secret_key": secrets.token_urlsafe(64),
        "encryption_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(made, file)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return _read(path)


def _read(path: Path) -> dict[str, str]:
    return cast("dict[str, str]", json.loads(path.read_text()))
