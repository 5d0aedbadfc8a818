"""Metrics compared with the reference implementation on 10,000 generated histories."""

import os

import pytest
from hypothesis import HealthCheck, given, settings

from analytics.services import aggregate
from analytics.tests.comparison import differences, facts_differences, percentile_of_rows
from analytics.tests.histories import history_lists, make_histories
from analytics.tests.reference_timeline import History
from analytics.tests.reference_windows import Reference, percentile
from analytics.tests.stored_histories import (
    calendar_of,
    make_project,
    read_histories,
    write_histories,
)
from integrations.models import Integration

pytestmark = pytest.mark.django_db
PROJECTS = int(os.environ.get("DIIP_TEST_PROJECTS", "4"))
"""Batches of 500 histories; `make histories` runs 20."""


@pytest.mark.parametrize("number", range(PROJECTS))
def test_both_agree(number):
    project, histories = make_project(number), list(make_histories(number, 500))
    issues = write_histories(project, histories)

    aggregate(project.pk)

    assert facts_differences(issues, histories) == {}
    assert differences(project, histories) == {}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories=history_lists())
def test_both_agree_on_the_smallest_histories(histories: list[History]):
    project = make_project(len(histories))
    issues = write_histories(project, histories)

    aggregate(project.pk)

    assert not issues or facts_differences(issues, histories) == {}
    assert differences(project, histories) == {}


def test_stored_histories_are_read_back():
    histories = list(make_histories(1, 300))
    project = make_project()

    write_histories(project, histories)

    assert read_histories(project) == histories


@pytest.mark.parametrize("number", range(1))
def test_percentiles_of_rows_are_within_two_percent(number):
    project, histories = make_project(number), list(make_histories(number, 1000))
    write_histories(project, histories)
    aggregate(project.pk)
    known = Reference(histories, calendar_of(project))

    for name in sorted({mark.name for mark in known.marks if mark.seconds is not None}):
        exact = sorted(mark.seconds for mark in known.marks if mark.name == name)
        if not name.startswith("flow_"):
            for percent in (50, 75, 90):
                near = percentile_of_rows(project, name, percent)
                assert near == pytest.approx(percentile(exact, percent), rel=0.02), name


def test_removed_integration_contributes_nothing():
    project = make_project(1)
    write_histories(project, make_histories(5, 200))
    aggregate(project.pk)

    first = Integration.objects.filter(project=project).earliest("pk")
    Integration.objects.filter(pk=first.pk).update(removed_at=first.created_at)
    aggregate(project.pk)

    assert 0 < len(read_histories(project)) < 200
    assert differences(project) == {}


def test_changed_calendar_is_recomputed():
    project, other = make_project(4), make_project(2)
    histories = list(make_histories(6, 200))
    write_histories(project, histories)
    aggregate(project.pk)

    project.time_zone, project.working_hours = other.time_zone, other.working_hours
    project.save()
    aggregate(project.pk)

    assert differences(project, histories) == {}
