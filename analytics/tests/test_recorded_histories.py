"""What issues in recorded shapes give: counts and times to close, each worked out by hand."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.models import AnalyticsSummary
from analytics.services import aggregate
from analytics.tests.comparison import differences
from integrations.models import Integration
from integrations.providers.contract.base import Cursor
from integrations.providers.parsing.validate import clean_record
from integrations.tests.github_pages import github
from integrations.tests.jira_pages import server
from integrations.tests.provider_contract import FakeHttp, reply
from issues.store import Target, store_issues, store_transitions
from projects.models import Project
from tests.recorded_pages import load

pytestmark = pytest.mark.django_db


def connect(project: Project, provider: str, scope: str) -> Target:
    return Target.of(
        Integration.objects.create(
            project=project, provider=provider, base_url="https://tracker.test", scope=scope
        )
    )


def store(target: Target, records: Any, transitions: Any = ()) -> None:
    store_issues(target, [clean_record(record)[0] for record in records])
    store_transitions(target, [clean_record(record)[0] for record in transitions])


@pytest.fixture
def lamp() -> Project:
    """A repository with the history that its timeline tells."""
    project = Project.objects.create(name="Lamp")
    rows = load("github/issues")
    by_number = {row["number"]: row for row in rows}
    events = [
        event | {"issue": by_number[line["number"]]}
        for line in load("github/timeline")
        for event in line["events"]
    ]
    [issues] = github(FakeHttp([reply(rows)])).fetch_issues(Cursor())
    [transitions] = github(FakeHttp([reply(events)])).fetch_transitions(Cursor())
    store(connect(project, "github", "lamp-works/lamp"), issues.records, transitions.records)
    aggregate(project.pk)
    return project


@pytest.fixture
def jira() -> Project:
    """Three Jira projects in one of ours, without a changelog."""
    project = Project.objects.create(name="Jira")
    rows = [row | {"changelog": {"histories": [], "total": 0}}
            for row in load("jira/server_issues")]  # fmt: skip
    for scope in ("LAMP", "SHADE", "FUSE"):
        http = FakeHttp([reply({"issues": rows, "startAt": 0, "total": len(rows)})])
        [page] = server(http, scope=scope, scope_id="").fetch_issues(Cursor())
        store(connect(project, "jira", scope), page.records)
    aggregate(project.pk)
    return project


def totals(project: Project) -> tuple[int, int, int]:
    last = AnalyticsSummary.objects.filter(project=project).latest("day")
    return last.total_issues, last.open_issues, last.closed_issues


def dated(project: Project, column: str) -> dict[str, int]:
    rows = AnalyticsSummary.objects.filter(project=project).exclude(**{column: 0}).order_by("day")
    return {f"{row.day:%m-%d}": getattr(row, column) for row in rows}


def time_to_close(project: Project) -> tuple[int, timedelta]:
    rows = AnalyticsSummary.objects.filter(project=project)
    seconds = sum(row.first_resolution_seconds for row in rows)
    return sum(row.first_resolution_n for row in rows), timedelta(seconds=seconds)


def test_repository(lamp):
    assert totals(lamp) == (6, 1, 5)
    assert dated(lamp, "opened") == {
        "03-04": 1, "03-06": 1, "03-20": 1, "03-26": 1, "03-30": 1, "04-01": 1,
    }  # fmt: skip
    assert dated(lamp, "closed") == {
        "03-14": 1, "03-22": 1, "03-24": 1, "03-28": 1, "04-09": 1, "04-10": 1,
    }  # fmt: skip
    assert dated(lamp, "reopened") == {"04-20": 1}


def test_jira_projects(jira):
    assert totals(jira) == (9, 3, 6)
    assert dated(jira, "closed") == {
        "03-06": 1, "03-14": 1, "03-30": 1, "04-03": 1, "04-19": 1, "04-30": 1,
    }  # fmt: skip
    # 2 d 0:37:11, 4 d 1:14:22, 6 d 1:51:33, 2 d 0:37:11, 2 d 0:37:11 and 6 d 1:51:33
    assert time_to_close(jira) == (6, timedelta(days=22, hours=6, minutes=49, seconds=1))


@pytest.mark.parametrize("name", ["lamp", "jira"])
def test_reference_says_the_same(name, request):
    assert differences(request.getfixturevalue(name)) == {}
