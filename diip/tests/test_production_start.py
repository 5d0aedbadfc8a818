"""Start with production settings in real processes, without network."""

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

pytestmark = [pytest.mark.e2e, pytest.mark.embedded]

ROOT = Path(__file__).resolve().parent.parent.parent
MANAGE = ["manage.py", "check", "--deploy", "--fail-level", "WARNING"]
STARTS = {
    "manage.py": ["manage.py", "check"],
    "platform": ["manage.py", "run_platform"],
    "gunicorn": ["-c", "import diip.wsgi"],
    "worker": ["-m", "celery", "-A", "diip", "worker", "--pool", "solo"],
    "beat": ["-m", "celery", "-A", "diip", "beat", "--schedule", "{var}/beat"],
}


def run(tmp_path, command, **variables):
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, *(part.format(var=tmp_path) for part in command)],
        cwd=ROOT,
        env={**kept, "DEBUG": "false", "DIIP_VAR_DIR": str(tmp_path), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("command", STARTS.values(), ids=STARTS)
def test_missing_settings_are_all_reported(tmp_path, command):
    refused = run(tmp_path, command)

    assert refused.returncode != 0
    for fault in ("diip.E001", "diip.E004", "diip.E008", "diip.E010", "diip.E014"):
        assert re.search(rf"{fault}\).*\n\tHINT: \w", refused.stderr)
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "secrets.json").exists()


def test_safe_settings_pass_the_deploy_checks(tmp_path):
    passed = run(
        tmp_path,
        MANAGE,
        SECRET_KEY=secrets.token_urlsafe(64),
        DIIP_ENCRYPTION_KEYS=Fernet.generate_key().decode(),
        ALLOWED_HOSTS="diip.my.org",
        NUM_PROXIES="1",
        DATABASE_URL=f"postgres://diip:{secrets.token_hex(16)}@127.0.0.1:1/diip",
        REDIS_URL=f"redis://:{secrets.token_hex(16)}@127.0.0.1:1/0",
        EMAIL_URL="smtp+tls://mail.my.org:587",
    )

    assert passed.returncode == 0, passed.stderr
    assert "no issues" in passed.stdout
