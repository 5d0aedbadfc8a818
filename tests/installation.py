"""DIIP's commands on one database, as processes."""

import os
import subprocess
import sys
from pathlib import Path

from tests.platform import ROOT


class Installation:
    """`database_url` None: a SQLite file in `var_dir`."""

    def __init__(self, var_dir: Path, database_url: str | None, **settings: str) -> None:
        self.env = {**os.environ, "DIIP_VAR_DIR": str(var_dir), "DIIP_ENV_FILE": "", **settings}
        self.env |= {"DJANGO_SETTINGS_MODULE": "diip.settings"}
        self.env.pop("DATABASE_URL", None)
        if database_url:
            self.env["DATABASE_URL"] = database_url

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.env, check=False, capture_output=True, text=True
        )

    def must(self, *arguments: str) -> str:
        """Returns what was printed."""
        done = self.run(*arguments)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout
