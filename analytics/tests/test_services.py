"""Incremental aggregation of changed issues."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from analytics import services
from analytics.facts import fact_store
from analytics.models import AnalyticsState, AnalyticsSummary, IssueFacts
from analytics.tests.conftest import BEGIN, after
from issues.change_log import note_changed
from issues.models import Issue, IssueChange, StatusClass
from projects.models import Project

DAY = 86_400


def on(day: int) -> date:
    return BEGIN.date() + timedelta(days=day)


def rows(project: Project) -> list[dict[str, object]]:
    found = AnalyticsSummary.objects.filter(project=project).order_by("day").values()
    return [{k: v for k, v in row.items() if k != "id"} for row in found]


def facts(project: Project) -> list[dict[str, object]]:
    return list(IssueFacts.objects.filter(project=project).order_by("pk").values())


def row(project: Project, day: int) -> AnalyticsSummary:
    return AnalyticsSummary.objects.get(project=project, day=on(day))


def test_a_delivered_issue_counts_on_its_days(project, make_issue):
    make_issue(0, (1, "Doing"), (4, "Closed"))

    services.aggregate(project.pk)

    opened, closed = row(project, 0), row(project, 4)
    assert (opened.opened, opened.cohort_delivered, opened.total_issues) == (1, 1, 1)
    assert (opened.open_issues, closed.open_issues, closed.closed_issues) == (1, 0, 1)
    assert (closed.closed, closed.delivered, closed.avg_resolution_time) == (1, 1, 4 * DAY)
    assert (closed.cycle_seconds, closed.flow_elapsed_seconds) == (3 * DAY, 3 * DAY)
    assert AnalyticsSummary.objects.count() == 2


def test_old_contributions_are_subtracted_after_a_change(project, make_issue):
    issue = make_issue(0, (2, "Closed"))
    services.aggregate(project.pk)
    Issue.objects.filter(pk=issue.pk).update(outcome="not_planned")
    note_changed(project.pk, [issue.pk])

    services.aggregate(project.pk)

    closed = row(project, 2)
    assert (closed.closed, closed.delivered, closed.resolution_n) == (1, 0, 0)
    assert list(closed.distributions) == ["first_resolution"]
    assert closed.excluded["resolution_time"] == {"not_delivered": 1}
    assert closed.avg_resolution_time is None


def test_removed_issue_contributes_nothing(project, make_issue):
    issue = make_issue(0, (2, "Closed"))
    services.aggregate(project.pk)
    Issue.objects.filter(pk=issue.pk).update(removed_at=timezone.now())
    note_changed(project.pk, [issue.pk])

    services.aggregate(project.pk)

    assert (rows(project), facts(project)) == ([], [])


def test_deleted_issue_is_subtracted(project, make_issue):
    issue = make_issue(0, (2, "Closed"))
    services.aggregate(project.pk)
    note_changed(project.pk, [issue.pk])
    issue.delete()

    services.aggregate(project.pk)

    assert (rows(project), facts(project)) == ([], [])


def test_aggregation_is_idempotent(project, make_issue):
    issue = make_issue(0, (2, "Closed"), (3, "Open"))
    services.aggregate(project.pk)
    before, version = rows(project), AnalyticsState.objects.get().version
    note_changed(project.pk, [issue.pk])

    services.aggregate(project.pk)

    assert rows(project) == before
    assert AnalyticsState.objects.get().version == version
    assert not IssueChange.objects.exists()


def test_only_changed_days_are_written(project, make_issue, django_assert_num_queries):
    issue = make_issue(0, (2, "Closed"))
    make_issue(10)
    services.aggregate(project.pk)
    ids = dict(AnalyticsSummary.objects.values_list("day", "pk"))
    Issue.objects.filter(pk=issue.pk).update(closed_at=after(3))
    note_changed(project.pk, [issue.pk])

    services.aggregate(project.pk)

    assert ids[on(10)] == row(project, 10).pk
    assert not AnalyticsSummary.objects.filter(day=on(2)).exists()
    assert row(project, 3).delivered == 1


def test_a_rebuild_gives_the_same_rows(project, make_issue):
    for day in range(5):
        make_issue(day, (day + 1, "Doing"), (day + 2, "Closed"), (day + 3, "Open"))
    services.aggregate(project.pk)
    before = rows(project), facts(project)

    services.rebuild(project.pk)

    assert (rows(project), facts(project)) == before
    assert len(before[0]) == 8


def test_failed_batch_is_repeated(project, make_issue, monkeypatch):
    make_issue(0, (2, "Closed"))

    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr(fact_store, "apply_change", _fail)
        services.aggregate(project.pk)

    assert not IssueFacts.objects.exists()
    services.aggregate(project.pk)
    assert row(project, 2).delivered == 1


def _fail(*_: object) -> bool:
    raise RuntimeError("killed")


def test_days_follow_the_projects_time_zone(project, make_issue):
    make_issue(0.6)  # 23:24 in UTC
    services.aggregate(project.pk)
    Project.objects.filter(pk=project.pk).update(time_zone="Asia/Tokyo")

    assert services.projects_to_aggregate() == [project.pk]
    services.aggregate(project.pk)

    assert [each["day"] for each in rows(project)] == [on(1)]
    assert services.projects_to_aggregate() == []


def test_working_hours_are_counted_beside_calendar_time(project, make_issue):
    hours = {"days": [1, 2, 3, 4, 5], "from": "09:00", "to": "17:00"}
    Project.objects.filter(pk=project.pk).update(working_hours=hours)
    make_issue(4, (7, "Closed"))  # Friday to Monday, both at nine

    services.aggregate(project.pk)

    only = IssueFacts.objects.get()
    assert (only.resolution_seconds, only.working["resolution"]) == (3 * DAY, 8 * 3600)
    assert row(project, 7).distributions["resolution.working"]


def test_changed_status_mapping_is_applied(project, make_issue, integration):
    make_issue(0, (1, "Doing"), (2, "In Review"), (5, "Closed"))
    services.aggregate(project.pk)
    assert row(project, 5).cycle_seconds == 4 * DAY
    words = StatusClass.objects.filter(integration=integration, source_status="In Review")
    words.update(override="todo")
    make_issue(9)

    services.aggregate(project.pk)

    assert row(project, 5).cycle_seconds == DAY


def test_removed_integration_is_subtracted(project, make_issue, integration):
    make_issue(0, (2, "Closed"))
    services.aggregate(project.pk)
    type(integration).objects.filter(pk=integration.pk).update(removed_at=timezone.now())

    assert services.projects_to_aggregate() == [project.pk]
    services.aggregate(project.pk)

    assert (rows(project), facts(project)) == ([], [])
    assert services.projects_to_aggregate() == []


def test_done_without_a_date_is_closed_on_no_day(project, make_issue):
    make_issue(0, status="done", source_status="Closed", outcome="unknown")

    services.aggregate(project.pk)

    only = row(project, 0)
    assert (only.closed, only.closed_undated, only.closed_issues) == (0, 1, 1)
    assert only.excluded["resolution_time"] == {"closed_undated": 1}
    assert IssueFacts.objects.get().anomalies == ["closed_undated"]
