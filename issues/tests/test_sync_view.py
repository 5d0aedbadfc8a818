"""Sync requests over HTTP."""

import pytest
from rest_framework.test import APIClient

from integrations.models import Integration, SyncRun
from issues import tasks
from projects.models import Membership


@pytest.fixture
def sent(monkeypatch) -> list[int]:
    ids: list[int] = []
    monkeypatch.setattr(
        tasks.advance_sync_run, "apply_async", lambda args, **options: ids.append(args[0])
    )
    return ids


@pytest.fixture
def connect(integration):
    def make(scope: str, **state: str) -> Integration:
        return Integration.objects.create(
            project=integration.project,
            provider="github",
            base_url="https://tracker.test",
            scope=scope,
            **state,
        )

    return make


@pytest.fixture
def ask(integration, make_user):
    """Post as a member with the given role: `ask("viewer", body)`."""

    def post(role: str = "maintainer", body: dict | None = None):
        user = make_user(f"{role}@example.com")
        Membership.objects.create(project=integration.project, user=user, role=role)
        client = APIClient()
        client.force_authenticate(user)
        url = f"/api/projects/{integration.project_id}/sync/"
        return client.post(url, body or {}, format="json")

    return post


def test_sync_is_accepted_and_sent(ask, sent):
    answer = ask()

    run = SyncRun.objects.get()
    shown = answer.json()["runs"][0]
    assert (answer.status_code, sent) == (202, [run.pk])
    assert (shown["id"], shown["state"], shown["already_running"]) == (run.pk, "queued", False)


def test_second_sync_returns_the_open_run(ask, integration, sent):
    run = SyncRun.objects.create(integration=integration, trigger="scheduled")

    answer = ask()

    shown = answer.json()["runs"][0]
    assert (answer.status_code, sent) == (202, [])
    assert (shown["id"], shown["already_running"]) == (run.pk, True)


def test_viewer_may_not_sync(ask, sent):
    assert ask("viewer").status_code == 403
    assert sent == []


def test_sync_without_an_integration_reports_the_remedy(ask, integration):
    Integration.objects.all().delete()

    answer = ask()

    assert answer.status_code == 409
    assert "connect" in answer.json()["detail"]


def test_sync_that_needs_a_token_names_the_fix(ask, integration):
    Integration.objects.update(
        status="needs_attention", status_reason="auth", status_message="The token is refused."
    )

    answer = ask()

    assert answer.status_code == 409
    assert "token" in answer.json()["detail"]


def test_skipped_integration_is_reported_with_its_reason(ask, integration, connect, sent):
    paused = connect(scope="octo/paused", status="disabled", status_reason="paused")
    refused = connect(
        scope="octo/refused",
        status="needs_attention",
        status_reason="auth",
        status_message="The token is refused.",
    )

    answer = ask()

    left = answer.json()["left_out"]
    assert answer.status_code == 202
    assert [run["integration"] for run in answer.json()["runs"]] == [integration.pk]
    assert [(each["integration"], each["scope"], each["reason"]) for each in left] == [
        (paused.pk, "octo/paused", "paused"),
        (refused.pk, "octo/refused", "auth"),
    ]
    assert "Resume it" in left[0]["message"]
    assert left[1]["message"].startswith("The token is refused. Enter a new token")


def test_nothing_is_skipped_if_all_integrations_start(ask, sent):
    assert ask().json()["left_out"] == []


def test_sync_without_any_startable_integration_reports_each(ask, integration, connect, sent):
    connect(scope="octo/paused", status="disabled", status_reason="paused")
    Integration.objects.filter(pk=integration.pk).update(status="disabled", status_reason="paused")

    answer = ask()

    assert answer.status_code == 409
    assert [each["scope"] for each in answer.json()["left_out"]] == ["octo/engine", "octo/paused"]


def test_unknown_kind_is_rejected(ask):
    assert ask(body={"kind": "everything"}).status_code == 400
