"""Daily series: which issues count, and on which day."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.spikes.rule import score_day
from analytics.spikes.series import load_series
from analytics.tests.spiking import TODAY, ago, history

__all__ = ["history"]
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def load(history, kind: str = "project"):
    return {
        one.value: one for one in load_series(history.project, TODAY, TODAY) if one.kind == kind
    }


def reporters(history, day=TODAY) -> int:
    daily = load(history)[""].daily
    return daily.reporters[daily.index(day)]


def test_people_count_once_a_day(history):
    history.open(TODAY, 3)
    history.open(TODAY, 2)

    assert reporters(history) == 3
    assert load(history)[""].issues == {TODAY: 5}


def test_accounts_of_one_person_count_once(history):
    history.open(TODAY, 3)
    first, second = history.person("p0"), history.person("p1")
    second.identity = first
    second.save()

    assert reporters(history) == 2


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"is_bot": True}, 1),
        ({"is_bot": True, "bot_override": False}, 2),
        ({"bot_override": True}, 1),
    ],
)
def test_bots_do_not_count(history, columns, expected):
    history.open(TODAY, 1)
    history.store([history.build(NOON, author=history.person("robot", **columns))])

    assert reporters(history) == expected


def test_an_issue_without_an_author_has_no_reporter(history):
    history.store([history.build(NOON, author=None)])

    assert reporters(history) == 0
    assert load(history)[""].issues == {TODAY: 1}


def test_removed_issues_do_not_count(history):
    history.open(TODAY, 1)
    history.open(TODAY, 2, removed_at=timezone.now())
    history.open(TODAY, 3, integration=history.connect("jira", removed_at=timezone.now()))

    assert reporters(history) == 1


@pytest.mark.parametrize(("zone", "day"), [("UTC", ago(1)), ("Asia/Tokyo", TODAY)])
def test_days_follow_the_projects_time_zone(history, zone, day):
    history.project.time_zone = zone
    history.store([history.build(NOON - timedelta(hours=13), author=history.person("ann"))])

    assert reporters(history, day) == 1


def test_a_series_begins_with_its_first_issue(history):
    history.open(ago(50), 1)
    history.open(TODAY, 1)

    assert load(history)[""].daily.start == ago(50)
    assert len(load(history)[""].daily.reporters) == 51


def test_a_name_that_two_trackers_use_is_one_series(history):
    history.fill(ago(1), label="crash")
    jira = history.connect("jira")
    history.integration = jira
    history.tag(history.open(TODAY, 2, integration=jira), "crash")

    assert load(history, "label")["crash"].issues[TODAY] == 2
    assert load(history, "label")["crash"].issues[ago(1)] == 1


def test_labels_and_components_of_one_name_are_apart(history):
    history.fill(ago(1), label="ui")
    parts = history.open(ago(2), 12)
    history.tag(parts, "ui", "component")

    assert load(history, "component")["ui"].issues == {ago(2): 12}
    assert load(history, "label")["ui"].issues[ago(2)] == 2


def test_the_only_provider_has_no_series_of_its_own(history):
    history.fill(TODAY)

    assert load(history, "provider") == {}


def test_queries_do_not_grow_with_labels(history):
    issues = history.open(ago(3), 20)
    for number in range(30):
        history.tag(issues, f"label {number}")

    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = load(history, "label")

    assert len(found) == 30
    assert len(queries) <= 6


def imported(history) -> set:
    return set(load(history)[""].daily.imported)


@pytest.mark.parametrize(("issues", "expected"), [(19, set()), (20, {TODAY})])
def test_many_issues_in_one_second_are_an_import(history, issues, expected):
    people = [history.person(f"p{n}") for n in range(issues)]
    moments = [NOON + timedelta(milliseconds=n) for n in range(issues)]
    history.store([
        history.build(at, author=one) for at, one in zip(moments, people, strict=True)
    ])  # fmt: skip

    assert imported(history) == expected


@pytest.mark.parametrize(
    ("by_one", "by_others", "expected"), [(29, 0, set()), (30, 0, {TODAY}), (20, 19, {TODAY}),
                                          (20, 20, set())],
)  # fmt: skip
def test_most_issues_of_a_day_by_one_author_are_an_import(history, by_one, by_others, expected):
    history.open(TODAY, by_others)
    author = history.person("importer")
    history.store([
        history.build(NOON + timedelta(minutes=n), author=author) for n in range(by_one)
    ])  # fmt: skip

    assert imported(history) == expected


def test_an_import_never_fires(history):
    history.fill(ago(1))
    people = [history.person(f"p{n}") for n in range(40)]
    history.store([history.build(NOON, author=one) for one in people])

    assert score_day(load(history)[""].daily, TODAY) is None
    assert history.judge() == []
