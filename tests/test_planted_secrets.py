"""Goal: secrets planted everywhere are found nowhere but in the columns that hold them encrypted.

A real platform is led through what handles secrets, and through failures that throw them back;
then everything is read that it answered, logged, stored or queued.
"""

import http.cookiejar
import os
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from analytics.tests.receiver import receiver as open_receiver
from simulator.server import TrackerServer
from tests.platform import PASSWORD, ROOT, Platform

pytestmark = [pytest.mark.e2e, pytest.mark.embedded]

TOKEN = "ghp_PLANTEDq7wkz0aFirstTokenOfAll0001"
SECOND_TOKEN = "plain-PLANTEDq7wkz0bWithoutAnyShape"
HOOK_PATH = "PLANTEDq7wkz0cInTheAddress"
WRONG_PASSWORD = "PLANTEDq7wkz0d wrong horse"
ADMIN = "root@example.com"

PROJECT_PATHS = (
    "", "integrations/", "integrations/1/", "integrations/1/webhook/", "syncs/", "members/",
    "issues/", "issues/export/", "alerts/", "alerts/channels/", "alerts/channels/1/",
    "alerts/channels/1/deliveries/", "audit/", "people/", "analytics/summary/",
)  # fmt: skip
ADMIN_API = ("/api/admin/audit/", "/api/admin/health/", "/api/auth/me/")
ADMIN_PAGES = (
    "", "accounts/auditevent/", "accounts/user/", "accounts/user/1/change/",
    "integrations/integration/", "integrations/integration/1/change/", "integrations/syncrun/",
    "integrations/apilog/", "projects/project/1/change/", "analytics/alertchannel/",
)  # fmt: skip


@dataclass
class World:
    platform: Platform
    trackers: TrackerServer
    hook: str
    token: str = ""
    secrets: dict[str, str] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)

    def api(self, method: str, path: str, body: object = None) -> Any:
        return self.platform.api(method, path, body, self.token)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with TrackerServer(issues=20, quota=None) as trackers, open_receiver() as hooks:
        platform = Platform(tmp_path / "var", simulator=False)
        hosts = f"127.0.0.1:{trackers.port},{hooks.address}"
        platform.env |= {"DIIP_PRIVATE_HOSTS": hosts, "DIIP_LOG_LEVEL": "DEBUG"}
        with platform:
            yield World(platform, trackers, f"http://{hooks.address}/{HOOK_PATH}")


def sign_in(world: World) -> None:
    make = [sys.executable, "manage.py", "createsuperuser", "--noinput", "--email", ADMIN]
    env = {**world.platform.env, "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    subprocess.run(make, cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    login = {"email": ADMIN, "password": PASSWORD}
    pair = world.platform.api("POST", "/api/auth/login/", login).data
    world.token = pair["access"]
    wrong = {**login, "password": WRONG_PASSWORD}
    assert world.platform.api("POST", "/api/auth/login/", wrong).status == 401
    world.secrets |= {"password": PASSWORD, "access": pair["access"], "refresh": pair["refresh"]}
    world.secrets |= {"wrong password": WRONG_PASSWORD, "hook": HOOK_PATH}


def connect(world: World) -> None:
    assert world.api("POST", "/api/projects/", {"name": "P"}).status == 201
    given = {"token": TOKEN, "repository": "octo/engine"}
    given["api_url"] = f"{world.trackers.url}/github"
    url = "/api/projects/1/integrations/github/connect/"
    assert world.api("POST", url, given).status == 201
    assert world.api("POST", url, given).status == 409
    world.secrets["token"] = TOKEN
    made = world.api("POST", "/api/projects/1/integrations/1/webhook/", {})
    world.secrets["webhook secret"] = made.data["secret"]
    channel = {"kind": "webhook", "name": "hook", "url": world.hook}
    made = world.api("POST", "/api/projects/1/alerts/channels/", channel)
    assert made.status == 201, made.data
    world.secrets["signing key"] = made.data["secret"]
    world.api("POST", "/api/projects/1/alerts/channels/1/test/", {})


def newest_run(world: World) -> Any:
    return world.api("GET", "/api/projects/1/syncs/").data["results"][0]


def sync_through_failures(world: World) -> None:
    world.platform.wait_for(lambda: newest_run(world)["state"] == "succeeded")
    changed = {"token": SECOND_TOKEN}
    assert world.api("PATCH", "/api/projects/1/integrations/1/", changed).status == 200
    world.secrets["second token"] = SECOND_TOKEN
    for status in (500, 401):
        throw_back(world, status)
        refused = world.api("PATCH", "/api/projects/1/integrations/1/", changed)
        assert refused.status >= 400
        world.refusals.append(str(refused.data))
        world.api("POST", "/api/projects/1/sync/", {})
        world.platform.wait_for(lambda: was_asked_by_a_worker(world))
    world.platform.wait_for(
        lambda: world.api("GET", "/api/projects/1/integrations/1/").data["status"] != "healthy"
    )


def throw_back(world: World, status: int) -> None:
    """The tracker answers so, and repeats what was sent, the token among it."""
    world.trackers.faults.clear()
    world.trackers.faults.add("status", path="^/github", times=None, status=status, echo=True)


def was_asked_by_a_worker(world: World) -> bool:
    return any("/issues" in seen.path for seen in world.trackers.journal.all()[-3:])


def browse(world: World) -> Iterator[str]:
    """Pages of the admin, with a session."""
    cookies = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    login = f"{world.platform.url}/admin/login/"
    page = browser.open(login, timeout=60).read().decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found
    form = {"username": ADMIN, "password": PASSWORD, "csrfmiddlewaretoken": found[1]}
    request = urllib.request.Request(
        f"{login}?next=/admin/", urllib.parse.urlencode(form).encode(), {"Referer": login}
    )
    browser.open(request, timeout=60).read()
    world.secrets |= {f"cookie {cookie.name}": str(cookie.value) for cookie in cookies}
    for path in ADMIN_PAGES:
        yield browser.open(f"{world.platform.url}/admin/{path}", timeout=60).read().decode()


def answers(world: World) -> Iterator[str]:
    for path in (*(f"/api/projects/1/{path}" for path in PROJECT_PATHS), *ADMIN_API):
        reply = world.api("GET", path)
        assert reply.status == 200, (path, reply)
        yield str(reply.data)


def files(world: World) -> Iterator[tuple[str, bytes]]:
    """All that lies on the disk: database with its journal, the broker's file, whatever else."""
    for folder, _, names in os.walk(world.platform.var_dir):
        for name in names:
            path = Path(folder, name)
            if name != "secrets.json" and path.is_file():
                yield name, path.read_bytes()


def test_no_planted_secret_is_found_anywhere(world: World) -> None:
    sign_in(world)
    connect(world)
    sync_through_failures(world)

    said = {
        "answers": "\n".join([*world.refusals, *answers(world)]),
        "pages": "\n".join(browse(world)),
    }
    said["logs and mails"] = world.platform.log
    stored = dict(files(world))

    def leaks(secret: str) -> list[str]:
        return [place for place, text in said.items() if secret in text]

    def is_stored(secret: str) -> list[str]:
        return [name for name, data in stored.items() if secret.encode() in data]

    assert "octo/engine" in said["answers"] + said["pages"]
    assert any(b"octo/engine" in data for data in stored.values())
    assert any("appendonly" in name or name.endswith(".aof") for name in stored), sorted(stored)
    assert len(world.secrets) >= 9
    assert {name: leaks(secret) for name, secret in world.secrets.items() if leaks(secret)} == {}
    # Django finds a session by its cookie: that is the key of its row.
    lasting = {name: text for name, text in world.secrets.items() if "cookie" not in name}
    assert {name: is_stored(secret) for name, secret in lasting.items() if is_stored(secret)} == {}
