"""Spikes over HTTP."""

from datetime import timedelta

import pytest

from analytics.models import Spike
from analytics.spikes import backtest as backtesting
from analytics.spikes.evaluation import local_today
from analytics.tests.spiking import History
from projects.tests.people import team

__all__ = ["team"]


@pytest.fixture
def history(team) -> History:
    history = History(team.project, None)
    history.integration = history.connect("github")
    return history


def make(team, day: str, **columns) -> Spike:
    given = {
        "project": team.project, "series_kind": "project", "level": "alert", "first_day": day,
        "last_day": day, "observed_reporters": 9, "observed_issues": 11, "expected": 2.5,
        "expected_low": 0, "expected_high": 5, "probability": 0.0001,
    }  # fmt: skip
    return Spike.objects.create(**given | columns)


def url(team, rest: str = "") -> str:
    return f"{team.url}analytics/spikes/{rest}"


def ids(team, query: str) -> list[int]:
    answer = team.call("viewer").get(url(team, query))
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def test_newest_first(team):
    old, new = make(team, "2026-01-05"), make(team, "2026-03-05")

    assert ids(team, "") == [new.pk, old.pk]


def test_filters(team):
    whole = make(team, "2026-01-05")
    crash = make(team, "2026-02-05", series_kind="label", series_value="crash", level="notice")
    slow = make(team, "2026-03-05", series_kind="label", series_value="slow", last_day="2026-03-09",
                ended_at="2026-03-17T00:00:00Z")  # fmt: skip

    assert ids(team, "?level=notice") == [crash.pk]
    assert ids(team, "?series=project") == [whole.pk]
    assert ids(team, "?series=label") == [slow.pk, crash.pk]
    assert ids(team, "?series=label:crash") == [crash.pk]
    assert ids(team, "?since=2026-03-08") == [slow.pk]
    assert ids(team, "?ongoing=true") == [crash.pk, whole.pk]


@pytest.mark.parametrize("query", ["?level=panic", "?since=soon", "?colour=red", "?ongoing=maybe"])
def test_a_filter_that_is_wrong_is_refused(team, query):
    assert team.call("viewer").get(url(team, query)).status_code == 400


def test_the_list_costs_the_same_for_many(team, django_assert_max_num_queries):
    for day in range(1, 29):
        make(team, f"2026-01-{day:02}")

    with django_assert_max_num_queries(4):
        assert len(ids(team, "")) == 28


@pytest.mark.parametrize(
    ("columns", "detected"),
    [
        ({"series_kind": "label", "series_value": "crash"}, True),
        ({"series_kind": "label", "series_value": "crash", "level": "notice"}, False),
        ({"series_kind": "project", "series_value": ""}, True),
    ],
)
def test_the_summary_names_spikes_that_last_with_level_and_series(team, columns, detected):
    spike = make(team, "2026-01-05", **columns)
    make(team, "2026-02-05", ended_at="2026-02-17T00:00:00Z")

    answer = team.call("viewer").get(f"{team.url}analytics/summary/").json()

    assert answer["spike_detected"] is detected
    assert answer["spikes"] == [
        {
            "id": spike.pk, "level": spike.level, "first_day": "2026-01-05",
            "last_day": "2026-01-05",
            "series": "label:crash" if spike.series_value else "project",
        }
    ]  # fmt: skip


def test_one_with_what_moved_it(team):
    row = {"name": "crash", "count": 2, "share": 1.0, "usual_share": 0.1, "lift": 9.0,
           "issue_ids": [1, 2]}  # fmt: skip
    empty = {kind: [] for kind in ("components", "reporters", "words", "similar_titles")}
    causes = {"summary": "More than usual: label crash (2 of 2 issues).", "issue_ids": [2, 1]}
    explanation = {**causes, "issues": 2, "issues_before": 50, "labels": [row], **empty}
    spike = make(team, "2026-01-05", explanation=explanation)

    answer = team.call("viewer").get(url(team, f"{spike.pk}/")).json()

    assert answer["explanation"] == explanation
    assert (answer["expected"], answer["observed_reporters"], answer["ongoing"]) == (2.5, 9, True)


def test_one_without_an_explanation_is_shown(team):
    spike = make(team, "2026-01-05")

    answer = team.call("viewer").get(url(team, f"{spike.pk}/"))

    assert answer.json()["explanation"] is None


def test_a_spike_of_another_project_is_not_there(team):
    foreign = make(team, "2026-01-05", project=team.theirs)

    assert team.call("owner").get(url(team, f"{foreign.pk}/")).status_code == 404
    assert ids(team, "") == []


def backtest(team, body: dict | None = None, status: int = 200):
    answer = team.call("viewer").post(url(team, "backtest/"), body or {}, format="json")
    assert answer.status_code == status, answer.content
    return answer.json()


def test_backtest_says_when_it_would_have_fired(team, history):
    last = local_today(team.project) - timedelta(days=1)
    burst = last - timedelta(days=20)
    history.fill(last, days=150)
    history.open(burst, 14)

    answer = backtest(team)

    assert answer["first_day"] == (last - timedelta(days=83)).isoformat()
    assert answer["last_day"] == last.isoformat()
    assert (answer["alerts"], answer["notices"], answer["judged"]) == (1, 0, ["project"])
    [alarm] = answer["alarms"]
    assert (alarm["first_day"], alarm["observed_reporters"]) == (burst.isoformat(), 14)
    assert Spike.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "alarms"),
    [
        ({"minimum_reporters": 15}, 0),
        ({"alert": {"day": 1e-12, "run": 1e-12}, "notice": {"day": 1e-12, "run": 1e-12}}, 0),
        ({"series": ["project"]}, 1),
    ],
)
def test_backtest_by_settings(team, history, body, alarms):
    last = local_today(team.project) - timedelta(days=1)
    history.fill(last - timedelta(days=8), days=70)
    history.open(last, 14)

    assert len(backtest(team, body)["alarms"]) == alarms


def test_backtest_tells_the_settings(team):
    settings = backtest(team, {"minimum_reporters": 5})["settings"]

    assert settings["minimum_reporters"] == 5
    assert set(settings["alert"]) == {"day", "run"}


@pytest.mark.parametrize(
    "body",
    [
        {"minimum_reporters": 0},
        {"alert": {"day": 0.001}},
        {"alert": {"day": "nan", "run": 0.1}},
        {"notice": {"day": 0.9, "run": 0.1}},
        {"series": ["label:none"]},
        {"series": "project"},
        [],
    ],
)
def test_backtest_refuses_what_makes_no_sense(team, body):
    answer = team.call("viewer").post(url(team, "backtest/"), body, format="json")

    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_backtest_judges_the_largest_series(team, history, monkeypatch):
    monkeypatch.setattr(backtesting, "MOST_SERIES", 2)
    last = local_today(team.project) - timedelta(days=1)
    history.fill(last, days=150, label="ui")
    history.tag(history.open(last - timedelta(days=100), 15), "seldom")

    answer = backtest(team)

    assert answer["judged"] == ["project", "label:ui"]
    assert answer["left_out"] == 1


@pytest.mark.parametrize("rest", ["", "backtest/"])
def test_outsiders_see_nothing(team, rest):
    make(team, "2026-01-05")
    outsider = team.call("outsider")

    assert outsider.get(url(team, rest)).status_code == 404
    assert outsider.post(url(team, "backtest/")).status_code == 404
