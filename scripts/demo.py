"""Demo: a user, a project and three trackers, through DIIP's API only.

`manage.py run_platform --simulator 5000 --demo` starts it when the platform is ready. A second run
reuses the account and project of the first.
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

from scripts.demo_numbers import describe_numbers

EMAIL = "demo@example.com"
REPOSITORY = "octo/engine"
OPEN_STATES = ("queued", "running", "waiting")
SYNC_SECONDS = 600
POLL_SECONDS = 0.5
STATUSES = ("todo", "in_progress", "done")
SEARCH = "crash"
PATIENCE = 60
"""Seconds to wait for the metrics after a sync."""

Json = dict[str, Any]


def connections(trackers: str) -> dict[str, Json]:
    """Return the connect request of each provider."""
    return {
        "github": {
            "token": "demo-token",
            "repository": REPOSITORY,
            "api_url": f"{trackers}/github",
        },
        "jira": {
            "site_url": f"{trackers}/jira",
            "project_key": "ENG",
            "email": EMAIL,
            "token": "demo-token",
        },
        "stackoverflow": {"tags": ["engine"], "api_url": f"{trackers}/stackexchange/2.3"},
    }


class DemoFailed(Exception):
    """Failure of the demo; the message names the request and its response."""


class Api:
    """Client of DIIP's API."""

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
            raise DemoFailed(f"{method} {path} returned {status}: {data}")
        answer: Json = data
        return answer

    def walk(self, path: str) -> Iterator[Json]:
        """Yield every row of a list, page by page."""
        following: str | None = path
        while following:
            page = self.must("GET", following)
            yield from page["results"]
            following = page["next"]


def say(text: str = "") -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def sign_in(api: Api, var_dir: Path) -> Json:
    """Sign in as the demo user; register at the first run and store the password."""
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


def connect_or_sync(api: Api, project: str, trackers: str) -> None:
    """Connect missing trackers, which starts their first sync; sync existing ones again."""
    known = {each["provider"] for each in api.walk(f"{project}integrations/")}
    for provider, body in connections(trackers).items():
        if provider not in known:
            made = api.must("POST", f"{project}integrations/{provider}/connect/", body)
            say(f"Connected {provider}: {made['scope']} at {made['base_url']}")
    if known:
        api.must("POST", f"{project}sync/", {})


def follow_syncs(api: Api, project: str) -> list[Json]:
    """Show each integration's newest run until all have ended; return the runs."""
    names = {each["id"]: each["provider"] for each in api.walk(f"{project}integrations/")}
    deadline = time.monotonic() + SYNC_SECONDS
    while time.monotonic() < deadline:
        runs: dict[int, Json] = {}
        for run in api.walk(f"{project}syncs/"):
            runs.setdefault(run["integration"], run)
        if len(runs) == len(names) and all(r["state"] not in OPEN_STATES for r in runs.values()):
            for number, run in sorted(runs.items()):
                show_progress({names[number]: run}, end="\n")
            return [runs[number] | {"provider": names[number]} for number in sorted(runs)]
        show_progress({names[number]: run for number, run in sorted(runs.items())})
        time.sleep(POLL_SECONDS)
    raise DemoFailed(f"The syncs did not end within {SYNC_SECONDS} s. See the `worker` lines.")


def show_progress(runs: dict[str, Json], end: str = "") -> None:
    """Overwrite one progress line; without a terminal, print only the last one."""
    if not (end or sys.stdout.isatty()):
        return
    parts = [
        f"{provider} {run['state']}, {run['pages']} pages, {run['issues_created']:,} new issues"
        for provider, run in runs.items()
    ]
    sys.stdout.write(f"\rSyncing {'; '.join(parts)}   {end}")
    sys.stdout.flush()


def show_findings(api: Api, project: str, runs: list[Json]) -> None:
    counts = ", ".join(f"{count_issues(api, project, status=s):,} {s}" for s in STATUSES)
    say(f"\nIssues: {count_issues(api, project):,}  ({counts})")
    for run in runs:
        provider = run["provider"]
        say(f"  {provider:<13}  {count_issues(api, project, provider=provider):>6,}")
    say("\nTen newest, of all trackers:")
    show_issues(api, project, {"ordering": "-opened_at"}, count=10)
    say(f"\nSearch for “{SEARCH}”:")
    show_issues(api, project, {"q": SEARCH, "ordering": "relevance"}, count=3)
    for run in runs:
        say(f"\nThe receipt of {run['provider']}:")
        show_receipt(run)


def show_numbers(api: Api, project: str) -> None:
    """Show the metrics once they include the sync, usually within seconds."""
    total = count_issues(api, project)
    for _ in range(PATIENCE):
        summary = api.must("GET", f"{project}analytics/summary/?days=365")
        if summary["total_issues"] == total and not summary["freshness"]["update_pending"]:
            break
        time.sleep(1)
    else:
        raise DemoFailed("The metrics were not updated. Check that the worker is running.")
    spikes = api.must("GET", f"{project}analytics/spikes/")["results"]
    say("\nThe last 365 days:")
    say(describe_numbers(summary["metrics"], spikes=len(spikes)))


def count_issues(api: Api, project: str, **narrow: str) -> int:
    query = {"count": "true", "page_size": "1"} | narrow
    count: int = api.must("GET", f"{project}issues/?{urlencode(query)}")["count"]
    return count


def show_receipt(run: Json) -> None:
    """Print the non-empty fields of a run."""
    for name, value in run.items():
        if value and name not in ("progress", "provider"):
            say(f"  {name:<18} {', '.join(value) if isinstance(value, list) else value}")


def show_issues(api: Api, project: str, query: dict[str, str], count: int) -> None:
    page = api.must("GET", f"{project}issues/?{urlencode({**query, 'page_size': count})}")
    for issue in page["results"]:
        provider, key = issue["provider"], issue["key"]
        say(f"  {provider:<13}  {key:>10}  {issue['status']:<11}  {issue['title'][:60]}")


def show_addresses(api: Api, project: str, account: Json) -> None:
    url, report = api.url, api.must("POST", f"{project}analytics/report/link/", {})
    say(
        f"""
Report     {report["url"]}
           (open in a browser; valid for one hour; updated within ten seconds)
API        {url}/api/        docs {url}/api/docs/
Admin      {url}/admin/      (create an account: make demo-admin)
Health     {url}/readyz
Demo login {account["email"]}  password {account["password"]}
"""
    )


def main() -> None:
    api = Api(sys.argv[1])
    account = sign_in(api, Path(os.environ["DIIP_VAR_DIR"]))
    project = f"/api/projects/{find_or_make_project(api)['id']}/"
    connect_or_sync(api, project, os.environ["DEMO_TRACKERS_URL"])
    runs = follow_syncs(api, project)
    for run in runs:
        if run["state"] != "succeeded":
            said = f"{run['state']}: {run['error_message']}"
            raise DemoFailed(f"The sync of {run['provider']} ended as {said}")
    show_findings(api, project, runs)
    show_numbers(api, project)
    show_addresses(api, project, account)


if __name__ == "__main__":
    try:
        main()
    except (DemoFailed, OSError) as error:
        sys.exit(f"The demo stopped: {error}")
