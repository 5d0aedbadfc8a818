"""What goes when an integration or a project goes."""

import pytest

from integrations.models import IssueHint, RawPage, WebhookDelivery
from integrations.removal import purge_removed, remove_integration
from issues.models import (
    Comment,
    FormerKey,
    Issue,
    IssueAssignee,
    IssueLabel,
    IssueLink,
    Label,
    Person,
    PersonMatch,
    StatusClass,
    Transition,
)
from projects.services import remove_project
from tests.tenants import LONG_AGO, Tenant, World, make_world

HISTORY = (
    Issue, Comment, Label, IssueLabel, IssueAssignee, Transition, IssueLink, FormerKey,
    StatusClass, RawPage, WebhookDelivery, IssueHint,
)  # fmt: skip
PEOPLE = 3
"""Of a tenant."""


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
    Issue.objects.update(author=person)
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
