"""What people asked of other collectors in vain, row by row (see docs/asks.md): here it works.

Over HTTP, against the simulated trackers. Rows that other tests show are named in docs/asks.md.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import User
from integrations.http import session
from integrations.http.transport import Environment
from integrations.lifecycle.connect import connect_scope
from integrations.models import Integration
from integrations.providers.jira import Jira
from issues.models import Issue, Transition
from projects.models import Project
from simulator.server import TrackerServer
from tests.stories import GitHubStory, JiraStory
from tests.test_sync_trackers import connected, sync

SMALL = 12


@pytest.fixture(scope="module")
def running() -> Iterator[TrackerServer]:
    with TrackerServer(issues=5, quota=None) as server:
        yield server


@pytest.fixture
def trackers(db, running, settings, monkeypatch) -> Iterator[TrackerServer]:
    monkeypatch.setattr(session, "Environment", lambda: Environment(sleep=lambda _: None))
    settings.DIIP_PRIVATE_HOSTS = [f"127.0.0.1:{running.port}"]
    running.journal.clear()
    yield running
    running.jira.index.lag = 0


def first_key(story: JiraStory) -> str:
    return min(facts[0] for facts in story.issues().values())


def connect(provider: str, **given: Any) -> Integration:
    return connect_scope(
        project=Project.objects.create(name="Asked"),
        actor=User.objects.create_user("ann@example.com", "correct horse 9"),
        provider=provider,
        given=given,
    )


def test_1_each_jira_is_asked_by_a_search_it_still_has(trackers):
    """apache/devlake#8544: the removed endpoint answered 410."""
    paths = []
    for cloud in (True, False):
        story = JiraStory(trackers, SMALL, cloud=cloud)
        trackers.journal.clear()
        made = connect_scope(
            project=Project.objects.create(name=story.key),
            actor=User.objects.create_user(f"{story.key}@example.com", "correct horse 9"),
            provider="jira",
            given=story.given,
        )
        assert sync(made).state == "succeeded"
        paths.append({seen.path for seen in trackers.journal.all("search")})

    assert "/jira/rest/api/3/search/jql" in paths[0]
    assert paths[1] == {"/jira-dc/rest/api/2/search"}


def test_2_updates_are_seen_with_an_account_eight_hours_behind_utc(trackers):
    """airbytehq/airbyte#48492."""
    assert trackers.jira.options.zone == "America/Los_Angeles"
    story = JiraStory(trackers, SMALL)
    integration = connected(story)
    sync(integration)
    trackers.clock.shift(60)
    story.changes.edit(first_key(story), title="Seen at once")

    sync(integration)

    assert Issue.objects.filter(title="Seen at once").exists()


def test_3_update_that_the_index_shows_late_is_not_lost(trackers):
    """activepieces/activepieces#14869."""
    story = JiraStory(trackers, SMALL)
    integration = connected(story)
    sync(integration)
    trackers.jira.index.lag = 300
    trackers.clock.shift(10)
    story.changes.edit(first_key(story), title="Shown late")
    sync(integration)
    before = Issue.objects.filter(title="Shown late").exists()

    trackers.clock.shift(400)
    sync(integration)

    assert (before, Issue.objects.filter(title="Shown late").exists()) == (False, True)


def test_4_deleted_jira_issue_is_a_tombstone_after_one_census(trackers):
    """apache/devlake#9030: "not possible"."""
    story = JiraStory(trackers, SMALL)
    integration = connected(story)
    sync(integration)
    key = first_key(story)
    changes = Transition.objects.filter(issue__key=key).count()
    story.changes.delete(key)

    run = sync(integration, kind="census")

    issue = Issue.objects.get(key=key)
    assert (run.issues_removed, issue.removed_reason) == (1, "not_visible")
    assert issue.transitions.count() == changes
    assert (run.upstream_total, run.local_total) == (SMALL - 1, SMALL - 1)


def test_5_deleted_hidden_and_transferred_github_issues_are_told_apart(trackers):
    """apache/devlake#8819."""
    story = GitHubStory(trackers, 40)
    integration = connected(story)
    sync(integration)
    deleted, hidden, moved = sorted(t.number for t in story._there())[:3]
    story.changes.delete(deleted)
    story.changes.delete(hidden, visible=False)
    story.changes.transfer(moved, to=trackers.github.repository("octo/attic"))

    sync(integration, kind="census")

    reasons = dict(Issue.objects.removed().values_list("key", "removed_reason"))
    assert reasons == {
        f"#{deleted}": "deleted", f"#{hidden}": "not_visible", f"#{moved}": "transferred",
    }  # fmt: skip
    assert "octo/attic" in Issue.objects.get(key=f"#{moved}").moved_to


def test_6_closed_issue_that_is_reopened_and_relabelled_is_seen(trackers):
    """apache/devlake#7851."""
    story = JiraStory(trackers, SMALL)
    integration = connected(story)
    key = first_key(story)
    story.changes.transition(key, status="Done")
    sync(integration)
    trackers.clock.shift(60)
    story.changes.transition(key, status="In Progress")
    story.changes.label(key, name="again")

    sync(integration)

    issue = Issue.objects.get(key=key)
    assert (issue.status, issue.outcome, issue.closed_at) == ("in_progress", None, None)
    assert issue.reopen_count >= 1
    assert issue.labels.filter(name="again").exists()


def test_7_removed_label_is_gone_and_stays_in_the_history(trackers):
    """apache/devlake#7510."""
    story = JiraStory(trackers, SMALL)
    integration = connected(story)
    key = first_key(story)
    story.changes.label(key, name="passing")
    sync(integration)
    trackers.clock.shift(60)
    story.changes.unlabel(key, name="passing")

    sync(integration)

    issue = Issue.objects.get(key=key)
    assert not issue.labels.filter(name="passing").exists()
    told = issue.transitions.filter(field="label", from_value="passing")
    assert told.exists()


def test_9_first_sync_names_no_beginning(trackers):
    """chaoss/grimoirelab-perceval#865: since=1970 finds nothing."""
    sync(connected(GitHubStory(trackers, 40)))

    first = trackers.journal.all("/issues")[0]
    assert "since" not in first.query


def test_19_scoped_token_goes_through_the_gateway_and_that_is_remembered(trackers, monkeypatch):
    """sooperset/mcp-atlassian#968."""
    gateway = f"{trackers.url}/atlassian/ex/jira"
    monkeypatch.setattr(Jira, "gateway", gateway)
    monkeypatch.setattr(Jira, "trusted_origins", (gateway,))
    story = JiraStory(trackers, SMALL)

    integration = connect("jira", **(story.given | {"token": "scoped-token"}))
    trackers.journal.clear()
    run = sync(integration)

    assert run.state == "succeeded"
    assert integration.base_url.startswith(gateway)
    assert {seen.path.split("/")[1] for seen in trackers.journal.all()} == {"atlassian"}
    assert Issue.objects.count() == SMALL


def test_23_integration_that_fails_for_good_delays_no_other(trackers):
    """augurlabs/augur#3667."""
    bad, good = GitHubStory(trackers, 40), JiraStory(trackers, SMALL)
    broken, fine = connected(bad), connect_second(good)
    trackers.faults.add("status", path=bad.name, times=None, status=502)

    failed, run = sync(broken), sync(fine)
    trackers.faults.clear()

    assert (failed.state, run.state) == ("failed", "succeeded")


def connect_second(story: JiraStory) -> Integration:
    return connect_scope(
        project=Project.objects.create(name="Second"),
        actor=User.objects.create_user("bob@example.com", "correct horse 9"),
        provider="jira",
        given=story.given,
    )


def test_30_moved_jira_issue_is_one_row_under_both_keys(trackers):
    """getsentry/sentry#44454."""
    story = JiraStory(trackers, SMALL)
    here = connected(story)
    there = connect_scope(
        project=here.project,
        actor=User.objects.create_user("bob@example.com", "correct horse 9"),
        provider="jira",
        given=story.given | {"project_key": story.elsewhere},
    )
    sync(here)
    key, pk = first_key(story), Issue.objects.get(key=first_key(story)).pk
    trackers.clock.shift(60)
    moved = story.changes.move(key, to=story.elsewhere)
    for integration in (there, here):
        sync(integration)
    sync(here, kind="census")

    issue = Issue.objects.get(pk=pk)
    assert (issue.key, issue.integration_id, issue.removed_at) == (moved.key, there.pk, None)
    assert Issue.objects.filter(source_issue_id=issue.source_issue_id).count() == 1
    assert [i.pk for i in Issue.objects.with_keys(here.project, [key])] == [pk]
