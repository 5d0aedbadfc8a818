"""Evaluation of a project's days."""

from datetime import timedelta

import pytest

from analytics.models import AnalyticsSummary, Spike, SpikeProgress
from analytics.spikes.evaluation import LONGEST_WAIT_DAYS
from analytics.spikes.message import observed_and_expected
from analytics.tests.spiking import NIGHT, TODAY, ago, history
from integrations.models import Integration

__all__ = ["history"]


def test_unusual_day_opens_a_spike(history):
    history.fill(ago(1))
    history.open(TODAY, 12)

    history.judge()

    [spike] = history.spikes()
    assert (spike.series_kind, spike.series_value, spike.level) == ("project", "", "alert")
    assert (spike.first_day, spike.last_day, spike.ended_at) == (TODAY, TODAY, None)
    assert (spike.observed_reporters, spike.observed_issues) == (12, 12)
    assert spike.expected == pytest.approx(2, abs=0.3)
    assert spike.expected_low <= 1 < spike.expected_high < 8
    assert spike.probability < 0.001
    assert spike.explanation["issues"] == 12


def test_consecutive_days_report_the_window_that_fired(history):
    history.fill(ago(5))
    for days, people in ((4, 5), (3, 4), (2, 6), (1, 5), (0, 5)):
        history.open(ago(days), people)
        history.judge(ago(days))

    [spike] = history.spikes()
    first, last = spike.window
    assert last > first
    assert spike.people == 6
    assert spike.observed_reporters == spike.observed_issues > spike.people
    assert spike.observed_reporters > spike.expected_high
    assert f"From {first.day} Jun 2026 to {last.day} Jun 2026, 6 people" in (
        observed_and_expected(spike)
    )


def test_two_people_on_many_days_are_no_spike(history):
    """One reporter per day sums to three or more, but the minimum counts distinct people."""
    history.fill(ago(70), days=20)
    for days in range(69, 12, -1):
        history.open(ago(days), int(days % 9 == 0))
    for days in range(4, -1, -1):
        history.open(ago(days), 2)

    for days in range(4, -1, -1):
        history.judge(ago(days))

    assert history.spikes() == []


def test_usual_day_opens_no_spike(history):
    history.fill(TODAY)

    assert history.judge() == []
    assert history.spikes() == []


def test_evaluation_is_idempotent(history):
    history.fill(ago(1))
    history.open(TODAY, 12)
    history.judge()
    before = Spike.objects.values().get()

    assert history.judge() == []
    assert Spike.objects.values().get() == before


def test_spike_grows_during_its_day(history):
    history.fill(ago(1))
    history.open(TODAY, 7)
    history.judge()
    assert history.spikes()[0].level == "notice"

    history.store([
        history.build(opened_at=NIGHT - timedelta(hours=1), author=history.person(f"late{n}"))
        for n in range(8)
    ])  # fmt: skip
    history.judge()

    [spike] = history.spikes()
    assert (spike.level, spike.observed_reporters) == ("alert", 15)


def test_a_spike_grows_with_its_days_and_keeps_its_level(history):
    history.fill(ago(3))
    history.open(ago(2), 14)
    history.judge(ago(2))
    history.open(ago(1), 7)
    history.judge(ago(1))

    [spike] = history.spikes()
    assert (spike.level, spike.first_day, spike.last_day) == ("alert", ago(2), ago(1))
    assert spike.observed_reporters == 21
    assert spike.expected == pytest.approx(4, abs=0.6)


def test_seven_quiet_days_end_a_spike(history):
    history.fill(ago(10))
    history.open(ago(9), 12)
    history.judge(ago(9))
    for days in range(8, -1, -1):
        history.open(ago(days), 2)
        history.judge(ago(days))
        assert (history.spikes()[0].ended_at is None) == (days > 1)

    assert history.spikes()[0].ended_at.date() == ago(1)


def test_spike_after_quiet_days_is_a_new_one(history):
    history.fill(ago(12))
    history.open(ago(11), 12)
    history.judge(ago(11))
    for days in range(10, 0, -1):
        history.open(ago(days), 2)
    history.open(TODAY, 14)

    history.judge()

    assert [spike.first_day for spike in history.spikes()] == [ago(11), TODAY]


def test_history_that_comes_late_is_no_spike(history):
    history.fill(TODAY)
    history.open(ago(20), 30)

    assert history.judge() == []


@pytest.mark.parametrize(("days", "found"), [(1, 1), (2, 0)])
def test_first_run_covers_yesterday_and_today_only(history, days, found):
    history.fill(TODAY)
    history.open(ago(days), 30)

    history.judge()

    assert sum(spike.first_day == ago(days) for spike in history.spikes()) == found


def test_missed_days_are_evaluated_later(history):
    history.fill(ago(9))
    history.judge(ago(9))
    history.open(ago(5), 14)

    history.judge()

    assert [spike.first_day for spike in history.spikes()] == [ago(5)]


def test_day_waits_for_a_late_tracker(history):
    history.fill(ago(5))
    behind = NIGHT - timedelta(days=4)
    Integration.objects.update(last_success_at=behind)
    history.judge(ago(4))
    history.judge(ago(1))
    assert SpikeProgress.objects.get().judged_through == behind.date() - timedelta(days=1)

    history.open(ago(3), 14)
    Integration.objects.update(last_success_at=NIGHT)
    history.judge()

    assert [spike.first_day for spike in history.spikes()] == [ago(3)]


def test_waiting_for_a_broken_tracker_is_limited(history):
    history.fill(TODAY)
    history.connect("jira", last_success_at=NIGHT - timedelta(days=300))

    history.judge()

    assert SpikeProgress.objects.get().judged_through == ago(1 + LONGEST_WAIT_DAYS)


def test_running_first_sync_is_not_evaluated(history):
    history.fill(ago(1))
    fresh = history.connect("jira", last_success_at=None)
    history.open(TODAY, 30, integration=fresh)

    assert history.judge() == []


@pytest.mark.parametrize("kind", ["label", "component"])
def test_a_label_spikes_alone(history, kind):
    history.fill(ago(1), label="ui")
    crashes = [issue for days in range(1, 70, 4) for issue in history.of_day(ago(days), 1)]
    history.tag(history.store(crashes), "crash", kind)
    history.tag(history.open(TODAY, 5), "crash", kind)

    history.judge()

    [spike] = history.spikes(series_kind=kind)
    assert (spike.series_value, spike.observed_reporters) == ("crash", 5)


def test_label_with_few_reporters_is_not_evaluated(history):
    history.fill(ago(1))
    history.tag(history.open(ago(60), 3), "crash")
    history.tag(history.open(TODAY, 6), "crash")

    history.judge()

    assert history.spikes(series_kind="label") == []


def test_a_provider_spikes_beside_another(history):
    jira = history.connect("jira")
    history.fill(ago(1))
    history.fill(ago(1), integration=jira)
    history.open(TODAY, 12, integration=jira)

    history.judge()

    assert [spike.series_value for spike in history.spikes(series_kind="provider")] == ["jira"]


def test_spike_of_a_removed_label_ends(history):
    history.fill(ago(1))
    Spike.objects.create(
        project=history.project, series_kind="label", series_value="gone", level="alert",
        first_day=ago(20), last_day=ago(18), observed_reporters=9, observed_issues=9,
        expected=1, expected_low=0, expected_high=3, probability=0.0001,
    )  # fmt: skip

    [ended] = history.judge()

    assert ended.ended_at is not None


def test_a_day_of_the_projects_spike_is_marked_in_its_summary(history):
    for day in (ago(1), TODAY):
        AnalyticsSummary.objects.create(project=history.project, day=day, opened=1)
    history.fill(ago(1))
    history.open(TODAY, 12)

    history.judge()

    marked = AnalyticsSummary.objects.filter(spike_detected=True).values_list("day", flat=True)
    assert list(marked) == [TODAY]


def test_no_summary_row_is_created(history):
    history.fill(ago(1))
    history.open(TODAY, 12)

    history.judge()

    assert not AnalyticsSummary.objects.exists()
