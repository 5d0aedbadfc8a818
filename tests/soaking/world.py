"""The whole of it on loopback: servers of our own behind proxies, trackers, receivers, DIIP."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import psycopg

from analytics.tests.receiver import Receiver, receiver
from simulator.server import TrackerServer
from tests.fault_proxy import FaultProxy
from tests.own_servers import OwnPostgres, OwnRedis, own_postgres, own_redis
from tests.platform import PASSWORD, Platform, Reply, call
from tests.soaking.mailbox import Mailbox, mailbox
from tests.stories import GitHubStory, JiraStory, StackStory, Story

WEBHOOKS = {"github": "github", "jira": "jira"}
OPEN = "'queued', 'running', 'waiting'"


@dataclass
class Person:
    """Signs in again when a token has come to its end."""

    url: str
    email: str
    token: str = ""
    _lock: Any = field(default_factory=Lock, repr=False)

    def register(self, mails: Mailbox) -> None:
        account = {"email": self.email, "password": PASSWORD}
        assert call("POST", f"{self.url}/api/auth/register/", account).status == 202
        mails.answer("account", self.email, password=PASSWORD)

    def ask(self, method: str, path: str, body: object = None) -> Reply:
        """OSError where nobody answers."""
        reply = call(method, self.url + path, body, self.token)
        if reply.status != 401:
            return reply
        with self._lock:
            account = {"email": self.email, "password": PASSWORD}
            signed_in = call("POST", f"{self.url}/api/auth/login/", account)
        if signed_in.status != 200:
            return signed_in
        self.token = signed_in.data["access"]
        return call(method, self.url + path, body, self.token)

    def must(self, method: str, path: str, body: object = None) -> Any:
        reply = self.ask(method, path, body)
        assert reply.status < 300, (path, reply)
        return reply.data


@dataclass
class Linked:
    """One story and what reads it."""

    story: Story
    project: int
    integration: int
    kind: str

    @property
    def path(self) -> str:
        return f"/api/projects/{self.project}"

    @property
    def itself(self) -> str:
        return f"{self.path}/integrations/{self.integration}/"


@dataclass
class World:
    """Everything that runs."""

    platform: Platform
    database: OwnPostgres
    broker: OwnRedis
    trackers: TrackerServer
    to_database: FaultProxy
    to_broker: FaultProxy
    to_trackers: FaultProxy
    to_mail: FaultProxy
    to_hook: FaultProxy
    mails: Mailbox
    hook: Receiver
    ann: Person
    links: list[Linked] = field(default_factory=list)

    @property
    def proxies(self) -> tuple[FaultProxy, ...]:
        return (
            self.to_database,
            self.to_broker,
            self.to_trackers,
            self.to_mail,
            self.to_hook,
        )

    def query(self, sql: str) -> Sequence[Sequence[Any]]:
        """Past the proxy and past the API."""
        with psycopg.connect(self.database.url("diip"), connect_timeout=30) as connection:
            return connection.execute(sql).fetchall()

    def connect_all(self, size: int) -> None:
        """Two projects: one of three trackers, one of two."""
        server = self.trackers
        server.github.add_repository("octo/attic", 0)
        first, second = self._project("Many trackers"), self._project("Two trackers")
        self._connect(first, GitHubStory(server, size), "github")
        self._connect(first, JiraStory(server, size // 2), "jira")
        self._connect(first, StackStory(server, size // 2), "stackoverflow")
        self._connect(second, GitHubStory(server, size // 2), "github")
        self._connect(second, JiraStory(server, size // 2, cloud=False), "jira-dc")
        for project in (first, second):
            self._tell_alerts_of(project)

    def _project(self, name: str) -> int:
        return int(self.ann.must("POST", "/api/projects/", {"name": name})["id"])

    def _connect(self, project: int, story: Story, kind: str) -> None:
        given = {name: value for name, value in story.given.items() if value}
        if kind == "github":
            given["token"] = f"ghp_{len(self.links)}"
        path = f"/api/projects/{project}/integrations/{story.provider}/connect/"
        linked = Linked(story, project, self.ann.must("POST", path, given)["id"], kind)
        self.ann.must("PATCH", linked.itself, {"sync_interval_seconds": 60})
        self.links.append(linked)
        if story.provider in WEBHOOKS:
            hook = self.ann.must("POST", f"{linked.itself}webhook/")
            url = f"{self.platform.url}/api/webhooks/{story.provider}/{linked.integration}/"
            self.trackers.deliveries.subscribe(kind, url, hook["secret"])

    def _tell_alerts_of(self, project: int) -> None:
        path = f"/api/projects/{project}/alerts"
        by_hook = {"kind": "webhook", "name": "hook"}
        by_hook["url"] = f"http://127.0.0.1:{self.to_hook.port}/hook"
        by_mail = {"kind": "email", "name": "mail", "recipients": [self.ann.email]}
        by_mail["digest_seconds"] = 0
        channels = [
            self.ann.must("POST", f"{path}/channels/", channel)["id"]
            for channel in (by_hook, by_mail)
        ]
        self.ann.must("POST", f"{path}/rules/", {"name": "All", "channels": channels})


@contextmanager
def open_world(folder: Path, seed: int) -> Iterator[World]:
    with ExitStack() as stack:
        enter = stack.enter_context
        database, broker = enter(own_postgres(folder)), enter(own_redis(folder))
        database.create("diip")
        mails, hook = enter(mailbox()), enter(receiver())
        to_trackers = enter(FaultProxy("127.0.0.1", 0, seed))
        public = f"http://127.0.0.1:{to_trackers.port}"
        trackers = enter(TrackerServer(issues=5, seed=seed, quota=None, public_url=public))
        to_trackers.target = ("127.0.0.1", trackers.port)
        to_database = enter(FaultProxy("127.0.0.1", database.port, seed))
        to_broker = enter(FaultProxy("127.0.0.1", broker.port, seed))
        to_mail = enter(FaultProxy("127.0.0.1", mails.port, seed))
        to_hook = enter(FaultProxy("127.0.0.1", hook.server_address[1], seed))
        platform = Platform(
            folder / "var",
            database.url("diip", to_database.port),
            broker.url(to_broker.port),
            simulator=False,
        )
        hosts = (to_trackers, to_hook)
        platform.env |= {
            "DIIP_PRIVATE_HOSTS": ",".join(f"127.0.0.1:{proxy.port}" for proxy in hosts),
            "EMAIL_URL": f"smtp://127.0.0.1:{to_mail.port}",
            "DIIP_MAILS_PER_PROJECT_A_DAY": "0",
            "DIIP_ENV_FILE": "",
        }
        enter(platform)
        ann = Person(platform.url, "ann@example.com")
        ann.register(mails)
        world = World(
            platform, database, broker, trackers, to_database, to_broker, to_trackers, to_mail,
            to_hook, mails, hook, ann,
        )  # fmt: skip
        stack.callback(world.platform.stop_second_beat)
        yield world
