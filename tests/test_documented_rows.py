"""Rows and pages are exactly what the OpenAPI document says."""

import re

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from accounts.sign_in import tokens
from integrations.models import SyncRun
from integrations.providers import registry
from integrations.tests.conftest import connect, team, tracker
from issues.models import IssueLink
from issues.tests.api import Board
from projects.models import Membership
from tests.tenants import alert_ids
from tests.test_url_table import willing

__all__ = ["connect", "team", "tracker"]


@pytest.fixture
def one_connection():
    """Requests leave the test's connection, and with it its transaction, open."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def platform(team, connect, one_connection, monkeypatch) -> dict[str, object]:
    """Something behind every path: the values of its placeholders, and the owner's token."""
    for name in registry.PROVIDERS.keys() - {"github"}:
        monkeypatch.setitem(registry.PROVIDERS, name, willing(registry.PROVIDERS[name]))
    integration = connect()
    board = Board(team.owner, team.project, integration)
    issue = board.add(labels=["bug"], assignees=["ann"], author="ann")
    board.comment(issue)
    board.transition(issue)
    IssueLink.objects.create(issue=issue, kind="relates", source="text", target_key="ABC-1")
    return alert_ids(team.project) | {
        "project_id": team.project.pk,
        "integration_id": integration.pk,
        "run_id": SyncRun.objects.get().pk,
        "issue_id": issue.pk,
        "membership_id": Membership.objects.get(user=team.viewer).pk,
        "token": tokens.issue(team.owner).access,
    }


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("issues/?count=true", "Issue"),
        ("issues/{issue_id}/history/", "HistoryEntry"),
        ("issues/{issue_id}/links/", "Link"),
    ],
)
def test_rows_have_exactly_the_documented_fields(client, platform, path, name):
    described = client.get("/api/schema/").json()["components"]["schemas"]
    url = f"/api/projects/{platform['project_id']}/{path.format(**platform)}"

    page = client.get(url, headers={"Authorization": f"Bearer {platform['token']}"}).json()

    assert page["results"]
    assert page.keys() == described[f"{name.removesuffix('Entry')}Page"]["properties"].keys()
    for row in page["results"]:
        assert row.keys() == described[name]["properties"].keys()
        assert row.keys() == set(described[name]["required"])


def test_one_issue_has_exactly_the_documented_fields(client, platform):
    described = client.get("/api/schema/").json()["components"]["schemas"]["IssueDetail"]
    url = f"/api/projects/{platform['project_id']}/issues/{platform['issue_id']}/"

    issue = client.get(url, headers={"Authorization": f"Bearer {platform['token']}"}).json()

    assert issue.keys() == described["properties"].keys() == set(described["required"])


def test_docs_page_names_no_other_host(client):
    for url in ("/api/docs/", "/api/docs/?script="):
        answer = client.get(url)

        assert answer.status_code == 200
        assert "swagger" in answer.content.decode().lower()
        assert re.findall(r"//\w[\w.-]*\.\w+", answer.content.decode()) == []
