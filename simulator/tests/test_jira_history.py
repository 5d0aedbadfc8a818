"""The simulated Jira's past: the same for the same seed, and at one with its own changelogs."""

from simulator.jira.scheme import STATUSES
from simulator.jira.truth import links_of, transitions_of
from simulator.tests.simulated_jira import ALL, JiraReader, ServerReader, still

__all__ = ["still"]


def test_same_seed_same_bytes():
    one, again, other = JiraReader(), JiraReader(), JiraReader(seed=2)

    bodies = [r.ask("/rest/api/3/search/jql", {"jql": ALL, "fields": ["*all"]}).body
              for r in (one, again, other)]  # fmt: skip

    assert bodies[0] == bodies[1] != bodies[2]


def test_server_tells_the_same_under_the_same_keys_with_other_ids(still):
    server = ServerReader(issues=250)

    cloud = {t.key: t for t in still.jira.truth().values()}
    own = {t.key: t for t in server.jira.truth().values()}
    assert [t.title for t in cloud.values()] == [own[key].title for key in cloud]
    assert not {t.id for t in cloud.values()} & {t.id for t in own.values()}


def test_changelogs_lead_to_what_is(still):
    """From the first to the last entry, each begins where the one before it ended."""
    for issue in still.jira.issues.values():
        status, resolution, assignee = "To Do", None, None
        for entry in issue.entries:
            for item in entry.items:
                if item.field == "status":
                    assert item.before_text == status
                    status = item.after_text
                elif item.field == "resolution":
                    assert item.before_text == resolution
                    resolution = item.after_text
                elif item.field == "assignee":
                    assignee = item.after
        assert (status, resolution) == (issue.status, issue.resolution)
        assert bool(assignee) == bool(issue.assignee)


def test_nothing_happens_before_the_creation_or_after_the_last_update(still):
    for issue in still.jira.issues.values():
        moments = [e.at for e in issue.entries] + [c.created for c in issue.comments]
        assert all(issue.created <= at <= issue.updated for at in moments)


def test_time_of_being_done_is_that_of_the_last_turn(still):
    for truth in still.jira.truth("").values():
        assert (truth.done_at is not None) == (truth.category == "done")
        if truth.resolved_at:
            assert truth.done_at <= truth.resolved_at


def test_numbers_rise_with_time(still):
    truths = sorted(still.jira.truth().values(), key=lambda truth: truth.id)

    assert [t.created_at for t in truths] == sorted(t.created_at for t in truths)


def test_truth_of_transitions_names_statuses(still):
    changes = list(transitions_of(still.jira, "ENG"))

    assert len(changes) > 100
    assert {change.after for change in changes} <= set(STATUSES)


def test_truth_of_links_names_each_once(still):
    links = list(links_of(still.jira, "ENG"))

    assert len({link.id for link in links}) == len(links)
    assert {link.type for link in links} == {"Blocks", "Relates", "Duplicate"}


def test_every_kind_of_issue_resolution_and_priority_is_there(still):
    truths = still.jira.truth().values()

    assert {t.type for t in truths} == {"Bug", "Task", "Story", "Epic", "Sub-task"}
    assert {t.resolution for t in truths} >= {"Done", "Fixed", "Won't Do", "Duplicate", None}
    assert {t.priority for t in truths} == {"Highest", "High", "Medium", "Low", "Lowest"}


def test_projects_of_ones_own():
    reader = JiraReader(projects={"WEB": 30})
    reader.jira.add_project("LATE", 5, team_managed=True)

    assert (len(reader.found("project = WEB")), len(reader.found("project = LATE"))) == (30, 5)
    assert reader.found("project = EMPTY") == []
