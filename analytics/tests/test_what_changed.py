"""Incremental aggregation gives the same rows as a full rebuild."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from analytics.models import AnalyticsSummary, IssueFacts
from analytics.services import aggregate, rebuild
from analytics.tests.comparison import differences
from analytics.tests.histories import make_histories, make_history
from analytics.tests.stored_histories import (
    columns_of,
    make_project,
    read_histories,
    write_histories,
    write_moves,
)
from integrations.models import Integration
from issues.change_log import note_changed
from issues.models import Issue, Transition
from issues.status_mapping import apply_overrides
from projects.models import Project

needs_writers = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="needs a database with concurrent writers"
)


def rows(project: Project) -> list[Any]:
    """Return all computed rows without their ids."""
    days = AnalyticsSummary.objects.filter(project=project).order_by("day").values()
    facts = IssueFacts.objects.filter(project=project).order_by("pk").values()
    return [*({**day, "id": None} for day in days), *facts]


@pytest.fixture
def project(db) -> Project:
    """Store and aggregate 300 issues."""
    project = make_project(1)
    write_histories(project, make_histories(3, 300))
    aggregate(project.pk)
    return project


def change_issues(project: Project, rng: Random, count: int) -> list[int]:
    """Change some histories, add some issues and delete one."""
    issues = list(Issue.objects.filter(project=project).order_by("pk"))
    classes = dict(zip((issue.pk for issue in issues), read_histories(project), strict=True))
    chosen = rng.sample(issues, count)
    Transition.objects.filter(issue__in=chosen).delete()
    histories = [replace(make_history(rng), classes=classes[each.pk].classes) for each in chosen]
    for issue, history in zip(chosen, histories, strict=True):
        Issue.objects.filter(pk=issue.pk).update(**columns_of(history))
    write_moves(chosen, histories)
    new = write_histories(project, make_histories(rng.randrange(1000), 3))
    changed = [issue.pk for issue in (*chosen, *new)]
    chosen[0].delete()
    return changed


def aggregate_concurrently(project: Project, times: int = 2) -> None:
    together = Barrier(times)

    def wait_and_aggregate(_: int) -> None:
        together.wait()
        try:
            aggregate(project.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        list(pool.map(wait_and_aggregate, range(times)))


def note(project: Project, issue_ids: Iterable[int]) -> None:
    note_changed(project.pk, list(issue_ids))


@pytest.mark.parametrize("seed", range(2))
def test_incremental_update_matches_full_rebuild(project, seed):
    rng = Random(seed)
    for _ in range(3):
        note(project, change_issues(project, rng, rng.choice((1, 20, 150))))
        aggregate(project.pk)
    step_by_step = rows(project)

    rebuild(project.pk)

    assert rows(project) == step_by_step
    assert differences(project) == {}


def test_second_run_changes_nothing(project):
    before = rows(project)
    ids = list(AnalyticsSummary.objects.order_by("pk").values_list("pk", flat=True))

    aggregate(project.pk)

    assert rows(project) == before
    assert list(AnalyticsSummary.objects.order_by("pk").values_list("pk", flat=True)) == ids


def test_noted_but_unchanged_issue_changes_nothing(project):
    before = rows(project)

    note(project, Issue.objects.filter(project=project).values_list("pk", flat=True))
    aggregate(project.pk)

    assert rows(project) == before


def test_other_projects_are_unchanged(project):
    other = make_project(2)
    write_histories(other, make_histories(4, 50))
    aggregate(other.pk)
    before = rows(other)

    note(project, change_issues(project, Random(1), 50))
    aggregate(project.pk)

    assert rows(other) == before


def test_remapped_status_updates_its_issues(project):
    board = Integration.objects.get(project=project, scope__contains="Resolved")

    apply_overrides(board, {"In Review": "done", "Closed": "in_progress"})
    aggregate(project.pk)

    assert differences(project) == {}


@needs_writers
@pytest.mark.django_db(transaction=True)
def test_concurrent_runs_count_each_issue_once():
    project = make_project(1)
    write_histories(project, make_histories(3, 300))

    aggregate_concurrently(project)
    first = differences(project)
    note(project, change_issues(project, Random(2), 100))
    aggregate_concurrently(project, times=3)

    assert (first, differences(project)) == ({}, {})
