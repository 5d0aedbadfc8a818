"""What goes when an integration or a project goes."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db.models import Model, Q

from analytics.models import AnalyticsState, IssueFacts, SpikeProgress
from integrations.lifecycle.remove import purge_removed, remove_integration
from integrations.models import FeedCursor, IssueHint, RawPage, SyncRun, WebhookDelivery
from issues.models import (
    CensusEntry,
    Comment,
    FormerKey,
    Issue,
    IssueAssignee,
    IssueChange,
    IssueLabel,
    IssueLink,
    Label,
    Person,
    PersonMatch,
    StatusClass,
    Transition,
)
from projects.models import Project
from projects.services import remove_project
from tests.admin_rows import fill_rows
from tests.tenants import LONG_AGO, Tenant, World, make_world

HISTORY = (
    Issue, Comment, Label, IssueLabel, IssueAssignee, Transition, IssueLink, FormerKey,
    StatusClass, RawPage, WebhookDelivery, IssueHint,
)  # fmt: skip
PEOPLE = 3
"""Of a tenant."""
WITHOUT_ROWS: dict[str, str] = {}
"""Models that lead to a project and have no row in these tests, each with the reason."""


@pytest.fixture
def world(db) -> World:
    world = make_world()
    for tenant in (world.ours, world.theirs):
        fill(tenant)
    return world


def fill(tenant: Tenant) -> None:
    issue = tenant.project.issues.get()
    person = Person.objects.create(project=tenant.project, source_person_id="1", login="ann")
    label = Label.objects.create(integration=issue.integration, name="bug")
    IssueLabel.objects.create(issue=issue, label=label)
    IssueAssignee.objects.create(issue=issue, person=person)
    Issue.objects.filter(pk=issue.pk).update(author=person)
    Comment.objects.create(
        issue=issue, author=person, commented_at=LONG_AGO, source_updated_at=LONG_AGO
    )
    Transition.objects.create(issue=issue, actor=person, occurred_at=LONG_AGO)
    IssueLink.objects.create(issue=issue, kind="relates", source="text", target_ref="key:x:Y-1")
    integration = issue.integration
    FormerKey.objects.create(issue=issue, integration=integration, key="#0")
    RawPage.objects.create(integration=integration, feed="issues", body=b"x", size=1)
    WebhookDelivery.objects.create(
        integration=integration, delivery_id="1", event="ping", effect="nothing"
    )
    IssueHint.objects.create(integration=integration, key="#1")


def test_issues_go_with_their_integration_and_people_stay(world):
    integration = world.ours.project.integrations.get()

    remove_integration(integration=integration, actor=world.ours.owner)

    assert [model.objects.count() for model in HISTORY] == [1] * len(HISTORY)
    assert Issue.objects.get().project == world.theirs.project
    assert Person.objects.count() == 2 * PEOPLE


def test_everything_goes_with_the_project(world):
    remove_project(project=world.ours.project)

    assert purge_removed(seconds=10)

    assert [model.objects.count() for model in HISTORY] == [1] * len(HISTORY)
    assert Person.objects.filter(project=world.theirs.project).count() == PEOPLE
    assert (Person.objects.count(), PersonMatch.objects.count()) == (PEOPLE, 1)


def fill_bookkeeping(tenant: Tenant) -> None:
    """How far syncs and analytics are."""
    project, issue = tenant.project, tenant.project.issues.get()
    FeedCursor.objects.create(integration=issue.integration, feed="issues")
    CensusEntry.objects.create(run=SyncRun.objects.get(pk=tenant.ids["run_id"]), key="#1")
    IssueChange.objects.create(project=project, issue_ids=[issue.pk])
    AnalyticsState.objects.create(project=project)
    SpikeProgress.objects.create(project=project)
    IssueFacts.objects.create(
        issue=issue, project=project, integration_id=issue.integration_id,
        opened_day="2026-01-01", status="todo",
    )  # fmt: skip


def paths_to_project(model: type[Model], passed: tuple[type[Model], ...] = ()) -> Iterator[str]:
    """Every chain of foreign keys that ends at a project: `issue__integration__project`, ...

    Those to an integration are among them, for it has its project.
    """
    for field in model._meta.concrete_fields:
        target = field.related_model
        if target is Project:
            yield field.name
        elif target and target not in (*passed, model):
            yield from (
                f"{field.name}__{rest}" for rest in paths_to_project(target, (*passed, model))
            )


def rows_of(project: Project) -> dict[str, list[dict[str, object]]]:
    """By model, for all models from which any path leads to a project."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        paths = list(paths_to_project(model)) + ["pk"] * (model is Project)
        if paths:
            theirs = Q(*((path, project.pk) for path in paths), _connector=Q.OR)
            rows = model._base_manager
            ids = rows.filter(theirs).values("pk")
            found[model._meta.label] = list(rows.filter(pk__in=ids).order_by("pk").values())
    return found


def rows_left(rows: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    """Of those rows, what is there by their keys, whatever they point at now."""
    left = {}
    for label, values in rows.items():
        model = apps.get_model(label)
        key = model._meta.pk.attname
        still = model._base_manager.filter(pk__in=[row[key] for row in values]).order_by("pk")
        left[label] = list(still.values())
    return left


def test_no_model_keeps_a_row_of_a_deleted_project(world):
    for tenant in (world.ours, world.theirs):
        fill_rows(tenant)
        fill_bookkeeping(tenant)
    ours, theirs = rows_of(world.ours.project), rows_of(world.theirs.project)
    assert {label for label, rows in ours.items() if not rows} == set(WITHOUT_ROWS)

    answer = world.clients["owner"].delete(f"/api/projects/{world.ours.project.pk}/")
    assert answer.status_code == 204
    assert purge_removed(seconds=float("inf"))

    assert {label: rows for label, rows in rows_left(ours).items() if rows} == {}
    assert rows_left(theirs) == rows_of(world.theirs.project) == theirs
