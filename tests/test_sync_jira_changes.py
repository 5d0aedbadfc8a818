"""Both Jiras: people edit, administrators change settings, requests fail. After one sync and one
census the table holds what a first sync of the project would bring today.

Seeded: a failing seed names itself and is repeated by it.
"""

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts.models import User
from integrations.http import session
from integrations.http.transport import Environment
from integrations.lifecycle.connect import connect_scope
from integrations.models import Integration
from issues.models import Comment, Issue, Transition
from projects.models import Project
from simulator.server import TrackerServer
from tests.stories import JiraStory
from tests.test_sync_trackers import sync

SEEDS = range(4)
ROUNDS, ACTS = 3, 8


@pytest.fixture(scope="module")
def trackers() -> Iterator[TrackerServer]:
    with TrackerServer(issues=5, quota=None) as server:
        yield server


@pytest.fixture(params=["cloud", "server"])
def story(request, trackers, settings, monkeypatch) -> JiraStory:
    monkeypatch.setattr(session, "Environment", lambda: Environment(sleep=lambda _: None))
    settings.DIIP_PRIVATE_HOSTS = [f"127.0.0.1:{trackers.port}"]
    trackers.faults.clear()
    return JiraStory(trackers, size=40, cloud=request.param == "cloud")


def connected(story: JiraStory, name: str) -> Integration:
    return connect_scope(
        project=Project.objects.create(name=name),
        actor=User.objects.create_user(f"{name}@example.com", "correct horse 9"),
        provider="jira",
        given=story.given,
    )


def change_settings(story: JiraStory, dice: random.Random) -> None:
    """What no `updated` tells of."""
    changes, key = story.jira.changes(), story.key
    issues = [issue for issue in story.jira.issues.values() if issue.project == key]
    word = dice.choice([status.name for status in story.jira.project(key).statuses.values()])
    component = dice.choice(["none", *(name for issue in issues for name in issue.components)])
    comment = dice.choice([each.id for issue in issues for each in issue.comments])
    reporter = dice.choice([issue.reporter for issue in issues])
    name, category = f"N{dice.random()}", dice.choice(["new", "indeterminate", "done"])
    acts: list[Callable[[], object]] = [
        lambda: changes.rename_status(key, status=word, to=name),
        lambda: changes.recategorise_status(key, status=word, category=category),
        lambda: changes.rename_component(key, component=component, to=name),
        lambda: changes.remove_component(key, component=component),
        lambda: changes.rename_account(reporter, name=name),
        lambda: changes.delete_comment(comment, silently=True),
    ]
    dice.choice(acts)()


def fail(story: JiraStory) -> None:
    story.server.faults.clear()
    story.server.faults.add("status", path="/search", status=503, times=6)


def act(story: JiraStory, dice: random.Random, integration: Integration) -> None:
    for _ in range(ACTS):
        dice.choice([story.change, lambda each: change_settings(story, each)])(dice)
    if dice.random() < 0.3:
        fail(story)
    if dice.random() < 0.6:
        sync(integration)
    story.server.faults.clear()


def stored(integration: Integration) -> dict[str, Any]:
    issues = Issue.objects.present().filter(integration=integration)
    columns = (
        "source_issue_id", "key", "url", "title", "body", "status", "source_status", "outcome",
        "type", "priority", "comment_count", "opened_at", "closed_at", "source_updated_at",
        "author__display_name", "content_hash",
    )  # fmt: skip
    here = {"issue__in": issues}
    comments = Comment.objects.filter(**here, removed_at=None)
    return {
        "issues": set(issues.values_list(*columns)),
        "labels": set(issues.values_list("key", "labels__kind", "labels__name")),
        "assignees": set(issues.values_list("key", "assignees__display_name")),
        "comments": set(comments.values_list("source_comment_id", "body", "author__display_name")),
        "transitions": set(
            Transition.objects.filter(**here).values_list("source_event_id", "field", "to_value")
        ),
    }


@pytest.mark.django_db
@pytest.mark.parametrize("seed", SEEDS)
def test_one_sync_and_one_census_bring_what_a_first_sync_would(story, seed):
    dice = random.Random(seed)
    integration = connected(story, "Old")
    sync(integration)
    for _ in range(ROUNDS):
        act(story, dice, integration)

    runs = [sync(integration), sync(integration, "census")]

    fresh = connected(story, "Fresh")
    sync(fresh)
    assert [run.state for run in runs] == ["succeeded", "succeeded"]
    old, new = stored(integration), stored(fresh)
    assert {part: old[part] ^ new[part] for part in new if old[part] != new[part]} == {}
