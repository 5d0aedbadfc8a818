"""Analytics over HTTP: values, definitions and drill-down."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.sign_in import tokens
from analytics import services
from analytics.metrics import METRICS
from analytics.queries import query_params
from analytics.tests.conftest import after
from issues.models import IssueAssignee, Person
from projects.models import Membership, Project

DAY = 86_400
RANGE = "from=2026-01-05&to=2026-02-01"


@pytest.fixture
def client(project, make_user) -> APIClient:
    viewer = make_user("viewer@example.com")
    Membership.objects.create(project=project, user=viewer, role="viewer")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.issue(viewer).access}")
    return client


@pytest.fixture
def get(client, project):
    """`get("summary/?days=7")` returns the response body."""

    def ask(path: str, status: int = 200) -> dict[str, object]:
        services.aggregate(project.pk)
        answer = client.get(f"/api/projects/{project.pk}/analytics/{path}")
        assert answer.status_code == status, answer.content
        return answer.json()

    return ask


def test_summary_gives_definition_and_counts(get, make_issue):
    make_issue(0, (1, "Doing"), (4, "Closed"))
    make_issue(1)

    answer = get(f"summary/?{RANGE}")

    assert (answer["total_issues"], answer["open_issues"], answer["closed_issues"]) == (2, 1, 1)
    assert answer["avg_resolution_time"] == 4 * DAY
    resolution = answer["metrics"]["resolution_time"]
    assert (resolution["n"], resolution["unit"], resolution["version"]) == (1, "seconds", 1)
    assert resolution["spread"]["insufficient_data"] is True
    assert resolution["open_cohort"]["n"] == 1
    assert answer["metrics"]["cycle_time"]["value"] == 3 * DAY


def test_percentiles_need_twenty_durations(get, make_issue):
    for day in range(1, 21):
        make_issue(0, (day, "Closed"))

    spread = get(f"summary/?{RANGE}")["metrics"]["resolution_time"]["spread"]

    assert spread["insufficient_data"] is False
    assert spread["p50"] == pytest.approx(10 * DAY, rel=0.016)
    assert spread["p90"] == pytest.approx(18 * DAY, rel=0.016)


def test_excluded_issues_are_counted_and_listed(get, make_issue):
    make_issue(0, (2, "Closed"), outcome="duplicate")

    resolution = get(f"summary/?{RANGE}")["metrics"]["resolution_time"]
    left_out = get(f"drilldown/?metric=resolution_time&excluded=true&{RANGE}")["results"]

    assert (resolution["n"], resolution["excluded_counts"]) == (0, {"not_delivered": 1})
    assert [(row["key"], row["excluded_reason"]) for row in left_out] == [
        ("ENG-1", "not_delivered")
    ]


def test_a_source_without_a_finished_sync_warns(get):
    freshness = get("summary/")["freshness"]

    assert (freshness["stale"], freshness["as_of"]) == (True, None)
    assert "The first sync of jira ENG has not finished" in freshness["warnings"][0]


def test_pending_changes_are_reported(get, make_issue, client, project):
    make_issue(0)
    services.aggregate(project.pk)
    make_issue(1)

    waiting = client.get(f"/api/projects/{project.pk}/analytics/summary/").json()["freshness"]

    assert waiting["update_pending"] is True
    assert get("summary/")["freshness"]["update_pending"] is False


@pytest.mark.parametrize(
    "change",
    [
        {"time_zone": "Asia/Tokyo"},
        {"working_hours": {"days": [1, 2], "from": "09:00", "to": "17:00"}},
    ],
)
def test_rebuild_after_changed_calendar_is_reported(get, make_issue, client, project, change):
    """The rebuild is reported by the response that accepts the change, before it starts."""
    Membership.objects.update(role="maintainer")
    make_issue(0, (1, "Closed"))
    before = get("summary/")["freshness"]["rebuilding"]

    changed = client.patch(f"/api/projects/{project.pk}/", change, format="json")

    assert (changed.status_code, before) == (200, False)
    for path in ("summary/", "trends/?metric=opened"):
        answer = client.get(f"/api/projects/{project.pk}/analytics/{path}").json()
        assert answer["freshness"]["rebuilding"] is True
    assert get("summary/")["freshness"]["rebuilding"] is False


def test_trends_have_a_point_for_each_week(get, make_issue):
    make_issue(0)
    make_issue(8, (9, "Closed"))

    answer = get(f"trends/?metric=backlog&interval=week&{RANGE}")

    points = answer["series"][0]["points"]
    assert [(p["from"], p["value"]) for p in points][:2] == [("2026-01-05", 1), ("2026-01-12", 1)]
    assert len(points) == 4


def test_trends_of_each_type(get, make_issue):
    make_issue(0, type="Bug")
    make_issue(1, type="Bug")
    make_issue(1, type="Story")

    answer = get(f"trends/?metric=opened&by=type&interval=month&{RANGE}")

    assert [(s["group"], s["n"]) for s in answer["series"]] == [("Bug", 2), ("Story", 1)]
    assert answer["groups_left_out"] == 0


def test_filters_select_a_part_of_the_project(get, make_issue):
    make_issue(0, (2, "Closed"), type="Bug")
    make_issue(0, (4, "Closed"), type="Story")

    answer = get(f"summary/?type=Bug&{RANGE}")

    assert (answer["total_issues"], answer["avg_resolution_time"]) == (1, 2 * DAY)
    assert answer["metrics"]["resolution_time"]["open_cohort"]["n"] == 0


@pytest.mark.parametrize("metric", [m.id for m in METRICS.values() if m.over_range])
def test_project_and_filtered_values_agree(get, make_issue, metric):
    make_issue(0, (2, "Doing"), (5, "Closed"), (6, "Open"), (9, "Closed"), type="Bug")
    make_issue(1, (3, "Closed"), type="Bug", first_response_at=after(1.5))
    make_issue(4, type="Bug")

    whole = get(f"trends/?metric={metric}&{RANGE}")["series"][0]["points"]
    part = get(f"trends/?metric={metric}&type=Bug&{RANGE}")["series"][0]["points"]

    assert part == whole


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_shows_its_issues(get, make_issue, metric):
    make_issue(0, (2, "Doing"), (5, "Closed"), first_response_at=after(1))
    make_issue(0, (3, "Closed"), (9, "Doing"))
    make_issue(1)

    shown = get(f"drilldown/?metric={metric}&{RANGE}")["results"]

    kind = "current" if METRICS[metric].current_value else "trends"
    path = f"{kind}/?metric={metric}" + ("" if kind == "current" else f"&{RANGE}&interval=month")
    answer = get(path)
    n = answer["n"] if kind == "current" else sum(p["n"] for p in answer["series"][0]["points"])
    assert shown or not n


def test_issues_are_paginated(get, make_issue, client):
    for day in range(5):
        make_issue(day)

    first = get(f"drilldown/?metric=opened&page_size=3&{RANGE}")
    second = client.get(first["next"]).json()

    keys = [row["key"] for row in first["results"] + second["results"]]
    assert keys == [f"ENG-{number}" for number in range(1, 6)]
    assert second["next"] is None


def test_stale_and_workload_use_current_values(get, make_issue):
    make_issue(0)

    stale, workload = get("current/?metric=stale"), get("current/?metric=workload")

    assert (stale["n"], stale["detail"]["after_seconds"]) == (1, 30 * DAY)
    assert (workload["n"], workload["detail"]["unassigned"]) == (1, 1)


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("trends/?metric=nonsense", "must be one of"),
        ("trends/?metric=stale", "must be one of"),
        ("current/?metric=opened", "must be one of"),
        ("summary/?from=2026-02-01&to=2026-01-01", "after"),
        ("summary/?days=7&from=2026-01-01", "not both"),
        ("summary/?days=0", "whole number"),
        ("summary/?colour=red", "Unknown parameter"),
    ],
)
def test_invalid_parameters_are_refused_with_a_hint(get, path, word):
    assert word in get(path, status=400)["detail"]


def test_projects_are_compared(get, make_issue, client, project):
    make_issue(0)
    strange = Project.objects.create(name="Not mine")

    get("summary/")
    answer = client.get(f"/api/analytics/compare/?metric=opened&{RANGE}").json()
    refused = client.get(f"/api/analytics/compare/?metric=opened&project={strange.pk}")

    assert [(r["name"], r["measured"]["value"]) for r in answer["results"]] == [("Engine", 1)]
    assert refused.status_code == 400


def test_definitions_name_every_metric(client):
    answer = client.get("/api/analytics/definitions/").json()

    assert [row["metric"] for row in answer["results"]] == list(METRICS)


def test_summary_queries_do_not_grow_with_issues(get, make_issue, client, project):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(f"/api/projects/{project.pk}/analytics/summary/?{RANGE}")
        return len(asked)

    make_issue(0)
    get("summary/")
    few = queries()
    for day in range(20):
        make_issue(day, (day + 1, "Closed"))
    get("summary/")

    assert queries() == few


def test_trend_points_are_exported(client, project, make_issue):
    make_issue(0)
    services.aggregate(project.pk)

    path = f"/api/projects/{project.pk}/analytics/trends/export/?metric=opened&format=ndjson"
    lines = client.get(f"{path}&{RANGE}").getvalue().decode().splitlines()

    first, last = json.loads(lines[0]), json.loads(lines[-1])
    assert (first["metric"], first["from"], first["value"]) == ("opened", "2026-01-05", 1)
    assert last == {"complete": True, "rows": 4}


def test_drilldown_issues_are_exported(client, project, make_issue):
    make_issue(0, title="=cmd()")
    make_issue(40)
    services.aggregate(project.pk)

    path = f"/api/projects/{project.pk}/analytics/drilldown/export/?metric=opened&{RANGE}"
    lines = client.get(path).getvalue().decode().splitlines()

    assert len(lines) == 2
    assert "'=cmd()" in lines[1]


def test_summary_cache_follows_the_rows(get, make_issue):
    make_issue(0)
    before = get(f"summary/?{RANGE}")
    make_issue(1)

    after_change = get(f"summary/?{RANGE}")

    assert (before["total_issues"], after_change["total_issues"]) == (1, 2)
    assert after_change["metrics"]["opened"]["n"] == 2


def test_too_many_issues_are_refused_with_a_hint(get, make_issue, monkeypatch):
    monkeypatch.setattr(query_params, "MAX_FACTS", 2)
    for day in range(3):
        make_issue(day)

    refused = get(f"trends/?metric=opened&by=type&{RANGE}", status=400)
    fewer = get("trends/?metric=opened&by=type&from=2026-01-05&to=2026-01-06")

    assert "fewer days" in refused["detail"]
    assert fewer["series"][0]["n"] == 2


def test_accounts_of_one_person_are_one_series(get, make_issue, project):
    ann, alias = (
        Person.objects.create(
            project=project, provider="jira", origin="x", source_person_id=login, login=login
        )
        for login in ("ann", "ann2")
    )
    Person.objects.filter(pk=alias.pk).update(identity=ann)
    for day, person in enumerate((ann, alias)):
        IssueAssignee.objects.create(issue=make_issue(day), person=person)

    series = get(f"trends/?metric=opened&by=assignee&{RANGE}")["series"]

    assert [(each["group"], each["n"]) for each in series] == [("ann", 2)]
