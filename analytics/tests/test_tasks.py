"""Which projects are looked at, and that looking tells who should know."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analytics import services, tasks
from analytics.models import Alert, Spike, SpikeProgress
from analytics.spikes.evaluation import projects_to_judge
from integrations.models import SyncRun


def test_a_project_is_judged_once_its_numbers_are_there(project, make_issue):
    assert projects_to_judge() == []

    make_issue(0)
    services.aggregate(project.pk)
    assert projects_to_judge() == [project.pk]

    tasks.judge_spikes(project.pk)
    assert projects_to_judge() == []


def test_numbers_that_moved_are_judged_again(project, make_issue):
    make_issue(0)
    services.aggregate(project.pk)
    tasks.judge_spikes(project.pk)

    make_issue(1)
    services.aggregate(project.pk)

    assert projects_to_judge() == [project.pk]


def test_days_end_where_nothing_moves(project, make_issue):
    make_issue(0)
    services.aggregate(project.pk)
    tasks.judge_spikes(project.pk)
    SpikeProgress.objects.update(updated_at=timezone.now() - timedelta(hours=2))

    assert projects_to_judge() == [project.pk]


def test_nothing_is_judged_while_the_first_sync_brings_the_past(project, integration, make_issue):
    make_issue(0)
    services.aggregate(project.pk)
    SyncRun.objects.create(integration=integration, trigger="connected", state="running")

    assert projects_to_judge() == []


@pytest.mark.parametrize("times", [1, 2])
def test_a_spike_is_told_however_often_it_is_notified(project, times):
    today = timezone.now().date()
    spike = Spike.objects.create(
        project=project, series_kind="project", level="alert", first_day=today, last_day=today,
        observed_reporters=9, observed_issues=9, expected=2, expected_low=0, expected_high=5,
        probability=0.0001,
    )  # fmt: skip

    for _ in range(times):
        tasks.notify_spike(spike.pk)

    assert Alert.objects.get().subject_key == f"spike:{spike.pk}"


def test_a_project_that_is_gone_is_no_error(project):
    project.delete()

    tasks.judge_spikes(project.pk or 0)
    tasks.aggregate_analytics(10**6)
