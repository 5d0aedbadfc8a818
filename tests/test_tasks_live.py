"""The dashboard of tasks over a real worker: what fails shows up, is sent again, and recovers."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.platform import PASSWORD, ROOT, Platform, call, own_broker

pytestmark = pytest.mark.e2e
SEND = "from diip.celery import app; app.send_task('issues.tasks.process_issue', ['x'])"
ADMIN = "root@example.com"


@pytest.fixture
def platform(tmp_path: Path, database_url: str | None) -> Iterator[Platform]:
    redis_url = own_broker()
    with Platform(tmp_path / "var", database_url, redis_url, issues=500) as running:
        yield running


def run(platform: Platform, *command: str) -> None:
    env = {**platform.env, "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    subprocess.run([sys.executable, *command], cwd=ROOT, env=env, check=True)


def sign_in(platform: Platform) -> str:
    run(platform, "manage.py", "createsuperuser", "--noinput", "--email", ADMIN)
    account = {"email": ADMIN, "password": PASSWORD}
    return platform.api("POST", "/api/auth/login/", account).data["access"]


def connect_slow_tracker(platform: Platform, token: str) -> None:
    fault = {"kind": "latency", "times": 400, "milliseconds": 1000}
    call("POST", f"{platform.tracker_url}/_control/faults", fault)
    project = {"name": "Engine", "repo_identifier": "octo/engine"}
    made = platform.api("POST", "/api/projects/", project, token).data["id"]
    path = f"/api/projects/{made}/integrations/github/connect/"
    tracker = {"token": "t", "api_url": f"{platform.tracker_url}/github"}
    assert platform.api("POST", path, tracker, token).status == 201


def test_what_fails_shows_up_and_can_be_sent_again(platform: Platform) -> None:
    token = sign_in(platform)

    def look() -> dict[str, Any]:
        return platform.api("GET", "/tasks/dashboard/", token=token).data

    def failed(error: str, failures: int) -> Any:
        rows = look()["failed_tasks"]
        found = (row for row in rows if (row["error"], row["failures"]) == (error, failures))
        return next(found, None)

    run(platform, "-c", SEND)
    row = platform.wait_for(lambda: failed("ValueError", 1))
    assert (row["arguments"], row["queue"]) == (["x"], "interactive")
    assert platform.api("POST", f"/tasks/failed/{row['id']}/retry/", token=token).status == 200
    assert platform.wait_for(lambda: failed("ValueError", 2))["id"] == row["id"]

    connect_slow_tracker(platform, token)
    killed: set[str] = set()

    def lost() -> Any:
        """A task may end between being seen and its child's death: then the next one is."""
        seen = {task["id"] for task in look()["running"] or () if task["arguments"]}
        if seen - killed:
            killed.update(seen)
            kill_children(platform)
        return failed("WorkerLostError", 1)

    assert platform.wait_for(lost)["queue"]


def kill_children(platform: Platform) -> None:
    children = Path(f"/proc/{platform.pids()['worker']}/task")
    for child in (pid for task in children.iterdir() for pid in _children(task)):
        os.kill(child, signal.SIGKILL)


def _children(task: Path) -> list[int]:
    return [int(pid) for pid in (task / "children").read_text().split()]
