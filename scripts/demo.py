"""The demo: a user, a project and a tracker, through DIIP's API and nothing else.

`manage.py run_platform --simulator 5000 --demo` starts it once everything answers. A second run
finds what the first one made.
"""

import json
import os
import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

EMAIL = "demo@example.com"
REPOSITORY = "octo/engine"
OPEN_STATES = ("queued", "running", "waiting")
SYNC_SECONDS = 600
POLL_SECONDS = 0.5
STATUSES = ("todo", "in_progress", "done")
SEARCH = "crash"

Json = dict[str, Any]


class DemoFailed(Exception):
    """The demo cannot go on; the message says what was asked and what came back."""


class Api:
    """DIIP as a client program sees it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.token = ""

    def ask(self, method: str, path: str, body: Json | None = None) -> tuple[int, Any]:
        url = path if path.startswith("http") else self.url + path
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 our own
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")[:500]

    def must(self, method: str, path: str, body: Json | None = None) -> Json:
        status, data = self.ask(method, path, body)
        if status >= 400:
            raise DemoFailed(f"{method} {path} answered {status}: {data}")
        answer: Json = data
        return answer

    def walk(self, path: str) -> Iterator[Json]:
        """Every row of a list, page after page."""
        following: str | None = path
        while following:
            page = self.must("GET", following)
            yield from page["results"]
            following = page["next"]


def say(text: str = "") -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def sign_in(api: Api, var_dir: Path) -> Json:
    """The demo user: registered at the first run, its password kept for the next ones."""
    account = remember_account(var_dir / "demo-login.json")
    status, tokens = api.ask("POST", "/api/auth/login/", account)
    if status != 200:
        api.must("POST", "/api/auth/register/", account)
        say(f"Registered {EMAIL}.")
        tokens = api.must("POST", "/api/auth/login/", account)
    api.token = tokens["access"]
    return account


def remember_account(memory: Path) -> Json:
    if not memory.exists():
        memory.touch(mode=0o600)
        memory.write_text(json.dumps({"email": EMAIL, "password": secrets.token_urlsafe(9)}))
    account: Json = json.loads(memory.read_text())
    return account


def find_or_make_project(api: Api) -> Json:
    for project in api.walk("/api/projects/"):
        if project["repo_identifier"] == REPOSITORY:
            return project
    say(f"Created the project “Engine” for {REPOSITORY}.")
    return api.must("POST", "/api/projects/", {"name": "Engine", "repo_identifier": REPOSITORY})


def connect_or_sync(api: Api, project: str, tracker: str) -> None:
    """Connecting starts the first sync; an integration that is there is asked to sync again."""
    if list(api.walk(f"{project}integrations/")):
        api.must("POST", f"{project}sync/", {})
        return
    body = {"token": "demo-token", "repository": REPOSITORY, "api_url": tracker}
    api.must("POST", f"{project}integrations/github/connect/", body)
    say(f"Connected the simulated tracker at {tracker}.")


def follow_sync(api: Api, project: str) -> Json:
    """Show the newest run's progress until it ends; its receipt."""
    deadline = time.monotonic() + SYNC_SECONDS
    while time.monotonic() < deadline:
        run = next(api.walk(f"{project}syncs/"), None)
        if run and run["state"] not in OPEN_STATES:
            show_progress(run, end="\n")
            return run
        if run:
            show_progress(run)
        time.sleep(POLL_SECONDS)
    raise DemoFailed(f"The sync did not end within {SYNC_SECONDS} s; `worker` lines may say why.")


def show_progress(run: Json, end: str = "") -> None:
    """One line that is written over; on no terminal the last one only."""
    if end or sys.stdout.isatty():
        place = f"{run['state']} {run['progress']['feed']}".strip()
        done = f"{run['pages']} pages, {run['seen']:,} rows, {run['issues_created']:,} new issues"
        sys.stdout.write(f"\rSyncing {REPOSITORY}: {place}, {done}   {end}")
        sys.stdout.flush()


def show_findings(api: Api, project: str, run: Json) -> None:
    counts = ", ".join(f"{count_issues(api, project, status):,} {status}" for status in STATUSES)
    say(f"\nIssues: {count_issues(api, project):,}  ({counts})")
    say("\nTen newest:")
    show_issues(api, project, {"ordering": "-opened_at"}, count=10)
    say(f"\nSearch for “{SEARCH}”:")
    show_issues(api, project, {"q": SEARCH, "ordering": "relevance"}, count=3)
    say("\nThe sync's receipt:")
    show_receipt(run)


def count_issues(api: Api, project: str, status: str = "") -> int:
    query = {"count": "true", "page_size": "1"} | ({"status": status} if status else {})
    count: int = api.must("GET", f"{project}issues/?{urlencode(query)}")["count"]
    return count


def show_receipt(run: Json) -> None:
    """What says something: no zeros, no empty values."""
    for name, value in run.items():
        if value and name != "progress":
            say(f"  {name:<18} {', '.join(value) if isinstance(value, list) else value}")


def show_issues(api: Api, project: str, query: dict[str, str], count: int) -> None:
    page = api.must("GET", f"{project}issues/?{urlencode({**query, 'page_size': count})}")
    for issue in page["results"]:
        say(f"  {issue['key']:>7}  {issue['status']:<11}  {issue['title'][:70]}")


def show_addresses(url: str, account: Json) -> None:
    say(
        f"""
API        {url}/api/        docs {url}/api/docs/
Admin      {url}/admin/      (an account for it: make demo-admin)
Health     {url}/readyz
Demo login {account["email"]}  password {account["password"]}
"""
    )


def main() -> None:
    api = Api(sys.argv[1])
    account = sign_in(api, Path(os.environ["DIIP_VAR_DIR"]))
    project = f"/api/projects/{find_or_make_project(api)['id']}/"
    connect_or_sync(api, project, os.environ["DEMO_TRACKER_URL"])
    run = follow_sync(api, project)
    if run["state"] != "succeeded":
        raise DemoFailed(f"The sync ended as {run['state']}: {run.get('error_message', '')}")
    show_findings(api, project, run)
    show_addresses(api.url, account)


if __name__ == "__main__":
    try:
        main()
    except (DemoFailed, OSError) as error:
        sys.exit(f"The demo stopped: {error}")
