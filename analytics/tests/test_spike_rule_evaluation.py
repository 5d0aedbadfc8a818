"""Evaluation of the spike rule on series with known results."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from analytics.spikes.rule import DailySeries
from analytics.spikes.rule_evaluation import (
    KINDS,
    SHORTEST,
    TARGETS,
    Detection,
    Measurement,
    score_series,
)
from analytics.spikes.synthetic_series import make_series

START = date(2023, 1, 2)
FLAT = [5, 4, 6, 5, 4, 1, 1]


def measure(*counts: list[int], spikes: int = 40) -> Measurement:
    given = {str(n): score_series(DailySeries(START, one)) for n, one in enumerate(counts)}
    return Measurement(given, spikes=spikes)


def test_calm_series_gives_no_alarm_and_full_detection():
    alert, notice = measure(FLAT * 60).as_shipped()

    assert (alert.alarms, notice.alarms) == (0, 0)
    assert notice.detections[KINDS[0]] == Detection(found=1.0, delay=0.0, added=40)


def test_one_burst_is_one_alarm_in_its_half():
    counts = FLAT * 60
    counts[300:303] = [30, 40, 30]

    alert, _ = measure(counts).as_shipped()

    assert alert.alarms == pytest.approx(365.25 / 210)
    assert alert.alarms_before == 0


def test_thresholds_are_tuned_on_first_halves():
    measurement = measure(list(make_series(seed=5, days=400)["growing"].reporters), spikes=1)

    for result in measurement.tuned():
        assert result.alarms_before <= TARGETS[result.level]


def test_the_same_seed_gives_the_same_numbers():
    assert make_series(3, days=200) == make_series(3, days=200)
    assert make_series(3, days=200) != make_series(4, days=200)


def test_shipped_rule_on_synthetic_series():
    """Guard against regressions of the rule; `evaluate_spikes` reports its quality."""
    series = make_series(seed=11, days=400)
    names = ("small office", "growing", "community", "large office")
    scored = {name: score_series(series[name]) for name in names}

    alert, notice = Measurement(scored, spikes=40).as_shipped()

    assert alert.alarms < 3
    assert notice.alarms < 12
    assert alert.detections[KINDS[2]].found == 1
    assert notice.detections[KINDS[0]].found > 0.7
    assert notice.detections[KINDS[5]].found > 0.7


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("evaluate_spikes", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_command_evaluates_a_file(tmp_path):
    file = tmp_path / "series.json"
    file.write_text(json.dumps({"a": {"start": "2023-01-02", "counts": FLAT * 60}}))

    said = run(file, "--column", "counts", "--spikes", 5)

    assert "1 series" in said
    assert said.count("alarms a series-year") == 2
    assert "1 day x3, at least 3 reporters" in said


def test_command_generates_series(monkeypatch):
    monkeypatch.setattr(
        "analytics.management.commands.evaluate_spikes.make_series",
        lambda seed: {"rare": make_series(seed, days=SHORTEST)["rare"]},
    )

    assert "1 series (generated with seed 9)" in run("--seed", 9, "--spikes", 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("no json", "not JSON"),
        ("[]", "holds no series"),
        ("{}", "holds no series"),
        ('{"a": 1}', "'a' has no list 'reporters'"),
        ('{"a": {"reporters": [1]}}', "no date as its 'start'"),
        ('{"a": {"start": "soon", "reporters": [1]}}', "no date as its 'start'"),
        ('{"a": {"start": "2023-01-02", "reporters": [1, -1]}}', "-1 as day 2"),
        ('{"a": {"start": "2023-01-02", "reporters": [1, 2.5]}}', "2.5 as day 2"),
        ('{"a": {"start": "2023-01-02", "reporters": [true]}}', "True as day 1"),
        ('{"a": {"start": "2023-01-02", "reporters": [1, 2]}}', "has 2 days; at least 182"),
        ('{"a": {"start": "9999-12-30", "reporters": [1, 2, 3]}}', "beyond the year 9999"),
    ],
)
def test_command_reports_an_invalid_file(tmp_path, content, words):
    file = tmp_path / "series.json"
    file.write_text(content)

    with pytest.raises(CommandError, match=words):
        run(file)


def test_command_reports_a_missing_file(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        run(tmp_path / "none.json")
