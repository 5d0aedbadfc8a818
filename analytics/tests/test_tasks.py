"""Selection of projects for evaluation, and notification of spikes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analytics import services, tasks
from analytics.models import Alert, Spike, SpikeProgress
from analytics.spikes.evaluation import projects_to_evaluate
from integrations.models import SyncRun


def test_project_is_evaluated_after_aggregation(project, make_issue):
    assert projects_to_evaluate() == []

    make_issue(0)
    services.aggregate(project.pk)
    assert projects_to_evaluate() == [project.pk]

    tasks.judge_spikes(project.pk)
    assert projects_to_evaluate() == []


def test_changed_numbers_are_evaluated_again(project, make_issue):
    make_issue(0)
    services.aggregate(project.pk)
    tasks.judge_spikes(project.pk)

    make_issue(1)
    services.aggregate(project.pk)

    assert projects_to_evaluate() == [project.pk]


def test_project_without_changes_is_evaluated_hourly(project, make_issue):
    make_issue(0)
    services.aggregate(project.pk)
    tasks.judge_spikes(project.pk)
    SpikeProgress.objects.update(updated_at=timezone.now() - timedelta(hours=2))

    assert projects_to_evaluate() == [project.pk]


def test_project_is_not_evaluated_during_first_sync(project, integration, make_issue):
    make_issue(0)
    services.aggregate(project.pk)
    SyncRun.objects.create(integration=integration, trigger="initial", state="running")

    assert projects_to_evaluate() == []


@pytest.mark.parametrize("times", [1, 2])
def test_repeated_notification_opens_one_alert(project, times):
    today = timezone.now().date()
    spike = Spike.objects.create(
        project=project, series_kind="project", level="alert", first_day=today, last_day=today,
        observed_reporters=9, observed_issues=9, expected=2, expected_low=0, expected_high=5,
        probability=0.0001,
    )  # fmt: skip

    for _ in range(times):
        tasks.notify_spike(spike.pk)

    assert Alert.objects.get().subject_key == f"spike:{spike.pk}"


def test_deleted_project_is_no_error(project):
    project.delete()

    tasks.judge_spikes(project.pk or 0)
    tasks.aggregate_analytics(10**6)
