"""What web and workers really send to Sentry: to a real receiver, from real processes."""

import json
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from scripts import child_processes
from tests.platform import Platform, free_port

pytestmark = [pytest.mark.e2e, pytest.mark.embedded]

PLANTED = "ghp_PlantedInTheTimeZone0123456789abcd"
IN_HEADERS = {
    "X-Custom": "glpat-PlantedInAHeader012345",
    "Cookie": "sessionid=planted-in-a-cookie",
    "X-Request-ID": "error-report-1",
}


class Receiver:
    """kent, a Sentry that only listens."""

    def __init__(self) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.dsn = f"http://public@127.0.0.1:{port}/1"
        command = [str(Path(sys.executable).with_name("kent-server")), "run", "--port", str(port)]
        self.process = child_processes.start(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=60) as answer:
            return json.load(answer)

    def events(self) -> list[dict[str, Any]]:
        """Whole, as they came in."""
        with suppress(urllib.error.URLError):
            listed = self.get("/api/eventlist/")["events"]
            return [self.get(f"/api/event/{row['event_id']}") for row in listed]
        return []


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.process.terminate()
    receiver.process.wait()


def break_time_zone(platform: Platform, project_id: int) -> None:
    """No value that the API takes: whoever reads it fails with it in the exception's text."""
    with closing(sqlite3.connect(platform.var_dir / "diip.sqlite3", timeout=60)) as database:
        database.execute(
            "UPDATE projects_project SET time_zone = ? WHERE id = ?", (PLANTED, project_id)
        )
        database.commit()


def ask(platform: Platform, path: str, token: str) -> int:
    headers = {**IN_HEADERS, "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"{platform.url}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def sources(events: list[dict[str, Any]]) -> set[str]:
    return {"worker" if "task" in tags(event) else "web" for event in events}


def tags(event: dict[str, Any]) -> dict[str, str]:
    return dict(event["payload"]["body"].get("tags") or {})


def test_errors_of_web_and_worker_arrive_with_ids_and_without_secrets(
    tmp_path: Path, receiver: Receiver
) -> None:
    platform = Platform(tmp_path / "var", issues=20)
    platform.env["SENTRY_DSN"] = receiver.dsn
    with platform:
        token = platform.register("ann@example.com")
        project = platform.api("POST", "/api/projects/", {"name": "P"}, token).data["id"]
        url = f"/api/projects/{project}/"
        break_time_zone(platform, project)
        given = {"token": "ghp_connect", "repository": "octo/engine"}
        given["api_url"] = f"{platform.tracker_url}/github"
        assert platform.api("POST", f"{url}integrations/github/connect/", {}, token).status == 400

        assert ask(platform, f"{url}analytics/summary/?from=2026-01-01", token) == 500
        assert platform.api("GET", "/api/nothing/", token=token).status == 404
        connected = platform.api("POST", f"{url}integrations/github/connect/", given, token)
        assert connected.status == 201, connected.data
        events = platform.wait_for(
            lambda: (found := receiver.events()) and sources(found) == {"web", "worker"} and found
        )

    text = json.dumps(events)
    of_web = next(event for event in events if "task" not in tags(event))
    assert tags(of_web)["request_id"] == "error-report-1"
    assert tags(of_web)["project_id"] == str(project)
    assert of_web["payload"]["body"]["user"].keys() == {"id"}
    for secret in (PLANTED, token, "glpat-", "planted-in-a-cookie", "ghp_connect", "ann@example"):
        assert secret not in text
    raised = {event["payload"]["body"]["exception"]["values"][-1]["type"] for event in events}
    assert raised == {"ZoneInfoNotFoundError"}
