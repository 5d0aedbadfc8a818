"""Metrics of real projects, compared with independently computed counts and times.

The data is not part of the repository; without it, these tests are skipped.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from analytics.models import AnalyticsSummary, IssueFacts
from analytics.services import aggregate
from analytics.tests.comparison import differences, percentile_of_rows
from integrations.models import Integration
from integrations.providers.contract.base import Cursor
from integrations.providers.github.records import ISSUES
from integrations.providers.parsing.validate import clean_record
from integrations.tests.jira_pages import server
from integrations.tests.provider_contract import FakeHttp, reply
from integrations.tests.test_github_real_pages import gui_transitions
from integrations.tests.test_github_real_pages import rows as github_rows
from integrations.tests.test_jira_real_pages import rows as jira_rows
from issues.models import Issue
from issues.store import Target, store_issues, store_transitions
from projects.models import Project

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
HOUR = 3600
GITHUB = {"gui": "bitcoin-core_gui", "rust_1-2000": "rust-lang_rust_1-2000"}

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        not (DATA / "facts").is_dir(),
        reason="the real rows, third-party data, are not on this machine",
    ),
    pytest.mark.django_db,
]


def facts(name: str) -> dict[str, Any]:
    return json.loads((DATA / "facts" / f"{name}.json").read_text())


def connect(project: Project, provider: str, scope: str) -> Target:
    return Target.of(
        Integration.objects.create(
            project=project, provider=provider, base_url="https://tracker.test", scope=scope
        )
    )


def store(target: Target, records: list[Any]) -> None:
    store_issues(target, [clean_record(record)[0] for record in records])


def store_github(name: str) -> Target:
    """Build an issue without a history, with its closing date only."""
    target = connect(Project.objects.create(name=name), "github", GITHUB[name])
    page = ISSUES.read_page(json.dumps(github_rows(f"{GITHUB[name]}/issues")).encode())
    store(target, list(page.records))
    aggregate(target.project_id)
    return target


def store_jira() -> Project:
    """Three Jira projects in one DIIP project."""
    project = Project.objects.create(name="Jira")
    for scope in ("ALOY", "MOD", "DAEMON"):
        page = reply({"issues": jira_rows(), "startAt": 0, "total": len(jira_rows())})
        [read] = server(FakeHttp([page]), scope=scope, scope_id="").fetch_issues(Cursor())
        store(connect(project, "jira", scope), list(read.records))
    aggregate(project.pk)
    return project


def check_times_to_close(project: Project, name: str, known: dict[str, Any]) -> None:
    days = AnalyticsSummary.objects.filter(project=project)
    n = sum(getattr(day, f"{name}_n") for day in days)
    seconds = sum(getattr(day, f"{name}_seconds") for day in days)

    assert n == known["n"]
    assert seconds / n / HOUR == pytest.approx(known["mean_h"], abs=0.006)
    for percent, hours in ((50, known["median_h"]), (90, known["p90_h"])):
        assert percentile_of_rows(project, name, percent) / HOUR == pytest.approx(hours, rel=0.02)


def months(project: Project, column: str) -> dict[str, int]:
    found: Counter[str] = Counter()
    for day in AnalyticsSummary.objects.filter(project=project).exclude(**{column: 0}):
        found[f"{day.day:%Y-%m}"] += getattr(day, column)
    return dict(found)


def totals(project: Project) -> tuple[int, int, int]:
    last = AnalyticsSummary.objects.filter(project=project).latest("day")
    return last.total_issues, last.open_issues, last.closed_issues


@pytest.mark.parametrize("name", GITHUB)
def test_github_counts_match_independent_counts(name):
    known, project = facts(f"github_{name}"), Project.objects.get(pk=store_github(name).project_id)

    assert totals(project) == (known["issues"], known["open"], known["closed"])
    assert months(project, "opened") == known["created_by_month"]
    assert months(project, "closed") == known["closed_by_month"]


@pytest.mark.parametrize("name", GITHUB)
def test_github_times_to_close_match_independent_values(name):
    """Issues of any outcome."""
    known, project = facts(f"github_{name}"), Project.objects.get(pk=store_github(name).project_id)

    check_times_to_close(project, "first_resolution", known["time_to_close_issues"])


def test_all_closed_rust_issues_are_delivered():
    known, target = facts("github_rust_1-2000"), store_github("rust_1-2000")

    project = Project.objects.get(pk=target.project_id)
    check_times_to_close(project, "resolution", known["time_to_close_issues"])
    undated = [f for f in IssueFacts.objects.filter(project=project) if f.anomalies]
    assert [each.anomalies for each in undated] == [["closed_undated"]] * 3


def test_jira_counts_and_times_match_independent_values():
    known, project = facts("jira_dev"), store_jira()
    done = known["status_category"]["done"]

    assert totals(project) == (known["rows"], known["rows"] - done, done)
    check_times_to_close(project, "first_resolution", known["time_to_resolution"])
    years: Counter[str] = Counter()
    for month, count in months(project, "opened").items():
        years[month[:4]] += count
    assert dict(years) == known["created_by_year"]


def test_real_projects_match_the_reference():
    """Issues with their GitHub history."""
    target = store_github("gui")
    store_transitions(target, [clean_record(each)[0] for each in gui_transitions().records])
    from issues.change_log import note_changed

    note_changed(target.project_id, list(Issue.objects.values_list("pk", flat=True)))
    aggregate(target.project_id)

    assert differences(Project.objects.get(pk=target.project_id)) == {}
    assert differences(store_jira()) == {}
