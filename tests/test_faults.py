"""Servers and networks that are really broken, in the small; the long rounds are `make chaos`."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from celery import Celery
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.sign_in.tokens import issue
from analytics.tests.alerting import desk, hooks
from diip.celery import app
from integrations.models import Integration, SyncRun
from issues import services, tasks
from projects.models import Project
from projects.services import create_project
from tests.fault_proxy import FINE, FaultProxy, Trouble
from tests.own_servers import own_redis
from tests.soaking.mailbox import mailbox

__all__ = ["desk", "hooks"]


@pytest.fixture
def owner(make_user: Callable[..., User]) -> User:
    return make_user()


@pytest.fixture
def client(owner: User) -> APIClient:
    signed_in = APIClient(raise_request_exception=False)
    signed_in.force_authenticate(owner)
    return signed_in


@pytest.fixture
def integration(owner: User) -> Integration:
    project = create_project(owner=owner, name="Ours")
    return Integration.objects.create(
        project=project, provider="github", base_url="https://api.github.com", scope="octo/hello",
        next_sync_at=timezone.now(),
    )  # fmt: skip


# --- the broker (F2) ------------------------------------------------------------------------------


@pytest.fixture
def broken_broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """What is sent goes to a real server through a network that breaks."""
    options = {**app.conf.broker_transport_options, "socket_timeout": 0.3}
    with own_redis(tmp_path) as server, FaultProxy("127.0.0.1", server.port) as proxy:
        other = Celery(broker=server.url(proxy.port), set_as_current=False)
        other.conf.update(broker_transport_options=options, task_publish_retry=False)

        def send(arguments: Any, **given: Any) -> None:
            other.send_task("issues.tasks.advance_sync_run", arguments, **given)

        monkeypatch.setattr(tasks.advance_sync_run, "apply_async", send)
        yield proxy
        other.close()


@pytest.mark.parametrize("kind", ["down", "silent", "half_open"])
def test_sync_now_is_answered_while_the_broker_is_broken(
    kind: Any, broken_broker: FaultProxy, client: APIClient, integration: Integration
) -> None:
    broken_broker.be(Trouble(kind))

    reply = client.post(f"/api/projects/{integration.project_id}/sync/", {})
    unsent = SyncRun.objects.get()
    broken_broker.be(FINE)
    while not SyncRun.objects.exclude(sent_at=None):  # a slow machine needs the sweep again
        tasks.resume_open_runs()

    assert (reply.status_code, unsent.state, unsent.sent_at) == (202, "queued", None)
    assert SyncRun.objects.count() == 1


# --- the clock (F27) ------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_jumps_begins_no_second_run(integration: Integration, hours: int) -> None:
    with time_machine.travel("2026-03-29T00:30:00Z", tick=False) as clock:
        Integration.objects.update(next_sync_at=timezone.now())
        services.start_due_syncs()
        clock.shift(hours * 3600)
        Integration.objects.update(next_sync_at=timezone.now())

        services.start_due_syncs()
        services.start_due_syncs()

    assert SyncRun.objects.count() == 1


@pytest.mark.parametrize(("seconds", "status"), [(-29, 200), (-3600, 401), (3600, 401)])
def test_a_token_bears_a_clock_that_is_little_behind(
    owner: User, seconds: int, status: int
) -> None:
    with time_machine.travel("2026-03-29T00:30:00Z", tick=False) as clock:
        token = issue(owner).access
        clock.shift(seconds)

        reply = APIClient().get("/api/auth/me/", headers={"Authorization": f"Bearer {token}"})

    assert reply.status_code == status


# --- the disk (F26) -------------------------------------------------------------------------------


@contextmanager
def full_disk() -> Iterator[None]:
    """No file grows; the descriptors that a database file needs are not touched."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_is_a_503_and_passes(client: APIClient) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("a server has its own disk; `make chaos` breaks one of ours")
    before = client.post("/api/projects/", {"name": "Before"})

    with full_disk():
        written = client.post("/api/projects/", {"name": "While"})
        read = client.get("/api/projects/")
    after = client.post("/api/projects/", {"name": "After"})

    assert (before.status_code, written.status_code, after.status_code) == (201, 503, 201)
    assert (written["Content-Type"], written["Retry-After"]) == ("application/problem+json", "5")
    assert [one["name"] for one in read.json()["results"]] == ["Before"]
    assert set(Project.objects.values_list("name", flat=True)) == {"Before", "After"}


# --- mail (F28) -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["down", "silent", "half_open"])
def test_a_mail_arrives_once_when_the_server_is_back(
    kind: Any, desk: Any, settings: Settings
) -> None:
    desk.rule(desk.channel("email", digest_seconds=0))
    desk.spike()
    with mailbox() as box, FaultProxy("127.0.0.1", box.port) as proxy:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", proxy.port
        settings.EMAIL_TIMEOUT = 0.3
        proxy.be(Trouble(kind))
        desk.turn()
        refused = (len(box.mails), desk.messages())

        proxy.be(FINE)
        settings.EMAIL_TIMEOUT = 60  # from now on a busy machine is no fault
        desk.turn(minutes=2)
        desk.turn(minutes=2)

    assert refused == (0, [("opened", "due")])
    assert (len(box.mails), desk.messages()) == (1, [("opened", "sent")])


# --- old and new code together (F29) ----------------------------------------------------------


def test_a_message_that_nobody_understands_loses_no_run(
    integration: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Celery drops it and says so; the row is the truth, and is sent again."""
    sent: list[int] = []
    send = tasks.advance_sync_run
    monkeypatch.setattr(send, "apply_async", lambda args, **options: sent.append(args[0]))
    tasks.start_due_syncs()
    SyncRun.objects.update(sent_at=timezone.now() - timedelta(minutes=10))

    tasks.resume_open_runs()

    assert sent == [SyncRun.objects.get().pk] * 2
