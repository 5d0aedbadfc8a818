"""Task dashboard: permissions, formats and actions."""

from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AuditEvent
from accounts.sign_in import tokens
from diip.celery import app
from integrations.models import Integration, SyncRun
from issues.tasks import process_issue
from monitoring.models import FailedTask
from monitoring.task_control import queues, workers
from monitoring.task_control.queues import Queues
from monitoring.task_control.workers import RunningTask, Workers
from monitoring.task_stats.counting import FIRST_ID
from projects.models import Project

PAGE = "/tasks/dashboard/"
HTML = {"HTTP_ACCEPT": "text/html,*/*;q=0.8"}
TASK = "issues.tasks.process_issue"


@pytest.fixture
def admin_user(make_user):
    return make_user("root@example.com", role="admin")


@pytest.fixture
def program(admin_user) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.issue(admin_user).access}")
    return client


@pytest.fixture
def browser(client, admin_user):
    client.force_login(admin_user)
    return client


@pytest.fixture(autouse=True)
def platform(monkeypatch):
    """Simulate an empty broker and one idle worker."""
    empty = Queues(dict.fromkeys(queues.QUEUES, 0), dict.fromkeys(queues.QUEUES, ()))
    monkeypatch.setattr(queues, "read_queues", lambda: empty)
    monkeypatch.setattr(queues, "remove", lambda _: "")
    free = Workers(("celery@one",), (), frozenset())
    monkeypatch.setattr(workers, "ask_workers", lambda: free)
    return monkeypatch


@pytest.fixture
def failed(db) -> FailedTask:
    return FailedTask.objects.create(
        task=TASK, queue="sync", arguments=[5], error="ValueError", message="<b>no</b>"
    )


@pytest.fixture
def run(db) -> SyncRun:
    integration = Integration.objects.create(
        project=Project.objects.create(name="Engine"), provider="github", scope="octo/engine"
    )
    return integration.runs.create(
        trigger="manual", state="running", records_seen=40, upstream_total=80
    )


@pytest.fixture
def sent(monkeypatch) -> list:
    sent = []
    task = app.tasks[TASK]
    monkeypatch.setattr(task, "apply_async", lambda *args, **kw: sent.append((args, kw)))
    return sent


def test_program_gets_the_snapshot(program, failed, run):
    data = program.get(PAGE).json()

    assert [queue["name"] for queue in data["queues"]] == list(queues.QUEUES)
    assert data["workers"] == ["celery@one"]
    assert data["failed_tasks"][0]["id"] == str(failed.pk)
    assert data["open_runs"][0]["id"] == run.pk


def test_unknown_values_are_null(program, platform):
    platform.setattr(queues, "read_queues", lambda: None)

    data = program.get(PAGE).json()

    assert (data["broker_answers"], data["workers"], data["running"]) == (False, None, None)
    assert data["queues"][0]["waiting"] is None


def test_page_shows_snapshot_and_loads_live_part(browser, failed, run):
    for path in (PAGE, f"{PAGE}live/"):
        text = browser.get(path, **HTML).content.decode()

        assert "issues: process issue" in text
        assert f"/tasks/failed/{failed.pk}/retry/" in text
        assert f"/tasks/runs/{run.pk}/cancel/" in text
        assert 'value="50"' in text
        assert "<b>no</b>" not in text
        assert "csrfmiddlewaretoken" in text


def test_silent_broker_is_shown(browser, platform):
    platform.setattr(queues, "read_queues", lambda: None)

    assert "The broker does not answer" in browser.get(PAGE, **HTML).content.decode()


@pytest.mark.parametrize("who", [None, "ann@example.com"])
def test_other_users_are_redirected_to_sign_in(client, make_user, who):
    if who:
        client.force_login(make_user(who))

    answer = client.get(PAGE, **HTML)

    assert (answer.status_code, answer["Location"]) == (
        302,
        "/admin/login/?next=%2Ftasks%2Fdashboard%2F",
    )


def test_get_of_an_action_does_nothing(browser, failed, sent):
    assert browser.get(f"/tasks/failed/{failed.pk}/retry/", **HTML).status_code == 405
    assert not sent


def test_retry_sends_the_same_arguments(program, failed, sent):
    answer = program.post(f"/tasks/failed/{failed.pk}/retry/")

    assert answer.json() == {"done": f"{TASK} was sent again."}
    assert sent == [(([5],), {"queue": "sync", "headers": {FIRST_ID: str(failed.pk)}})]
    event = AuditEvent.objects.get(action="task.retried")
    assert (event.actor_name, str(failed.pk) in event.target) == ("root@example.com", True)


def test_second_retry_sends_nothing(program, failed, sent):
    program.post(f"/tasks/failed/{failed.pk}/retry/")

    assert program.post(f"/tasks/failed/{failed.pk}/retry/").status_code == 409
    assert len(sent) == 1


def test_retry_with_silent_broker_is_rolled_back(program, failed, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise process_issue.OperationalError

    monkeypatch.setattr(app.tasks[TASK], "apply_async", refuse)

    assert program.post(f"/tasks/failed/{failed.pk}/retry/").status_code == 503
    failed.refresh_from_db()
    assert failed.sent_again_at is None
    assert not AuditEvent.objects.filter(action="task.retried").exists()


@pytest.mark.parametrize(
    "changes",
    [{"task": "os.system"}, {"task": "celery.backend_cleanup"}, {"arguments": {"withheld": "x"}}],
)
def test_unknown_or_incomplete_task_is_not_retried(program, failed, sent, changes):
    FailedTask.objects.update(**changes)

    assert program.post(f"/tasks/failed/{failed.pk}/retry/").status_code == 409
    assert not sent


def test_recovered_task_is_not_retried(program, failed, sent):
    FailedTask.objects.update(recovered_at=timezone.now())

    assert program.post(f"/tasks/failed/{failed.pk}/retry/").status_code == 409


def test_form_without_csrf_token_does_nothing(admin_user, run):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(admin_user)

    client.post(f"/tasks/runs/{run.pk}/cancel/", **HTML)

    run.refresh_from_db()
    assert run.state == "running"


def test_form_cancels_and_redirects_to_page(browser, run):
    answer = browser.post(f"/tasks/runs/{run.pk}/cancel/", follow=True, **HTML)

    assert "was cancelled" in answer.content.decode()
    run.refresh_from_db()
    assert "Cancelled by root@example.com" in run.error_message
    assert AuditEvent.objects.filter(action="sync.cancelled").count() == 1


def test_error_is_shown_on_page(browser, run):
    SyncRun.objects.update(state="succeeded")

    answer = browser.post(f"/tasks/runs/{run.pk}/cancel/", follow=True, **HTML)

    assert "nothing to cancel" in answer.content.decode()


def test_failed_run_is_retried(program, run):
    SyncRun.objects.update(state="failed", finished_at=timezone.now())

    assert program.post(f"/tasks/runs/{run.pk}/retry/").status_code == 200
    assert SyncRun.objects.filter(state="queued").count() == 1


def test_waiting_task_is_removed(program, platform):
    platform.setattr(queues, "remove", lambda _: "sync")

    done = program.post(f"/tasks/{uuid4()}/cancel/").json()["done"]

    assert "the queue sync" in done
    assert AuditEvent.objects.filter(action="task.cancelled").exists()


def test_running_task_is_stopped_unless_part_of_sync(program, platform):
    stopped, (one, other) = [], (str(uuid4()), str(uuid4()))
    running = tuple(
        RunningTask(task_id, task, "sync", [1], "celery@one", None)
        for task_id, task in ((one, TASK), (other, "issues.tasks.advance_sync_run"))
    )
    busy = Workers(("celery@one",), running, frozenset())
    platform.setattr(workers, "ask_workers", lambda: busy)
    platform.setattr(workers, "stop_task", lambda task_id, **_: stopped.append(task_id) or 1)

    assert program.post(f"/tasks/{one}/cancel/").status_code == 200
    assert program.post(f"/tasks/{other}/cancel/").status_code == 409
    assert program.post(f"/tasks/{uuid4()}/cancel/").status_code == 404
    assert stopped == [one]
