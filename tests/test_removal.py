"""What goes when an integration or a project goes."""

import pytest

from integrations.removal import purge_removed, remove_integration
from issues.models import Comment, Issue, IssueAssignee, IssueLabel, Label, Person, Transition
from projects.services import remove_project
from tests.tenants import LONG_AGO, Tenant, World, make_world

HISTORY = (Issue, Comment, Label, IssueLabel, IssueAssignee, Transition)


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


def test_issues_go_with_their_integration_and_people_stay(world):
    integration = world.ours.project.integrations.get()

    remove_integration(integration=integration, actor=world.ours.owner)

    assert [model.objects.count() for model in HISTORY] == [1] * len(HISTORY)
    assert Issue.objects.get().project == world.theirs.project
    assert Person.objects.count() == 2


def test_everything_goes_with_the_project(world):
    remove_project(project=world.ours.project)

    assert purge_removed(seconds=10)

    assert [model.objects.count() for model in (*HISTORY, Person)] == [1] * (len(HISTORY) + 1)
    assert Person.objects.get().project == world.theirs.project
