"""Links reported by trackers and texts, within a tracker and across trackers."""

from datetime import timedelta

import pytest

from integrations.models import Integration
from integrations.providers.contract.base import CommentRecord, IssueRef, LinkRecord
from issues.models import FormerKey, Issue, IssueLink
from issues.queries.links import Link, read_former_keys, read_links
from issues.store import Target, store_comments, store_issues
from issues.tests.test_store import AT, make
from projects.models import Project

JIRA = "https://jira.test/rest/api/2"
HOUR = timedelta(hours=1)


@pytest.fixture
def project(db) -> Project:
    return Project.objects.create(name="All")


@pytest.fixture
def github(project) -> Integration:
    return Integration.objects.create(
        project=project, provider="github", base_url="https://api.github.com", scope="octo/engine",
        web_url="https://github.com/octo/engine",
    )  # fmt: skip


@pytest.fixture
def jira(project) -> Integration:
    return at_jira(project, "ABC")


def at_jira(project: Project, key: str) -> Integration:
    return Integration.objects.create(
        project=project, provider="jira", base_url=JIRA, scope=key,
        web_url=f"https://jira.test/browse/{key}",
    )  # fmt: skip


def put(integration: Integration, *records) -> None:
    store_issues(Target.of(integration), list(records))


def ticket(number: int, **changes):
    key = changes.pop("key", f"ABC-{number}")
    return make(number + 5000, key=key, url=f"https://jira.test/browse/{key}", **changes)


def links(key: str) -> list[Link]:
    return [link for _, link in read_links(Issue.objects.get(key=key), None, 1000)]


def shown(key: str) -> list[tuple[str, str, list[str]]]:
    return [(link.relation, link.issue.key, link.sources) for link in links(key)]


def test_link_reported_by_both_ends_is_shown_once(jira):
    there = LinkRecord(kind="blocks", source_issue_id="5002", key="ABC-2")
    back = LinkRecord(kind="blocks", inward=True, source_issue_id="5001", key="ABC-1")

    put(jira, ticket(1, links=(there,)), ticket(2, links=(back,)))

    assert shown("ABC-1") == [("blocks", "ABC-2", ["tracker"])]
    assert shown("ABC-2") == [("is blocked by", "ABC-1", ["tracker"])]


def test_links_match_the_newest_record(jira):
    put(jira, ticket(1, links=(LinkRecord(kind="duplicates", source_issue_id="5002"),)), ticket(2))
    parent = (LinkRecord(kind="parent", source_issue_id="5002"),)

    put(jira, ticket(1, links=parent, source_updated_at=AT + HOUR))

    assert shown("ABC-1") == [("is child of", "ABC-2", ["tracker"])]
    assert shown("ABC-2") == [("is parent of", "ABC-1", ["tracker"])]


def test_link_is_resolved_when_its_target_arrives(jira):
    put(jira, ticket(1, links=(LinkRecord(kind="relates", source_issue_id="5009", key="ABC-9"),)))
    before = links("ABC-1")[0].issue.id

    put(jira, ticket(9))

    assert before is None
    assert links("ABC-1")[0].issue.title == "Crash"


@pytest.mark.parametrize(
    "text",
    ["Same as ABC-1.", "See https://jira.test/browse/ABC-1 please", "`ABC-1` again"],
)
def test_github_issue_that_names_a_jira_issue_is_linked(github, jira, text):
    put(jira, ticket(1))

    put(github, make(7, key="#7", url="https://github.com/octo/engine/issues/7", body=text))

    assert shown("#7") == [("relates to", "ABC-1", ["text"])]
    assert shown("ABC-1") == [("relates to", "#7", ["text"])]


def test_question_named_in_a_jira_issue_is_linked_on_arrival(project, jira):
    put(jira, ticket(1, body="Asked at https://stackoverflow.com/questions/4711/how-so"))
    stack = Integration.objects.create(
        project=project, provider="stackoverflow", scope="stackoverflow:engine",
        base_url="https://api.stackexchange.com/2.3",
        web_url="https://stackoverflow.com/questions/tagged/engine",
    )  # fmt: skip

    put(stack, make(4711, key="Q4711", url="https://stackoverflow.com/questions/4711/how-so"))

    assert shown("ABC-1") == [("relates to", "Q4711", ["text"])]


def test_comment_that_names_an_issue_links_it(github, jira):
    put(jira, ticket(1))
    put(github, make(7, key="#7"))
    said = CommentRecord(
        source_comment_id="1", issue=IssueRef(source_issue_id="5001"), author=None, url="",
        body="Fixed by octo/engine#7", commented_at=AT, source_updated_at=AT,
    )  # fmt: skip

    store_comments(Target.of(jira), [said])

    assert shown("ABC-1") == [("relates to", "#7", ["text"])]


def test_mention_of_a_linked_issue_is_not_shown_twice(jira):
    link = (LinkRecord(kind="blocks", source_issue_id="5002", key="ABC-2"),)
    put(jira, ticket(2), ticket(1, links=link, body="Blocks ABC-2"))

    assert [says for says, _, _ in shown("ABC-1")] == ["blocks"]


def test_key_of_an_unconnected_project_is_no_link(github):
    put(github, make(7, key="#7", body="UTF-8 and SHA-256 and XYZ-12"))

    assert IssueLink.objects.count() == 0


def test_another_project_is_never_linked(jira):
    other = at_jira(Project.objects.create(name="Other"), "ABC")
    put(other, ticket(1))

    put(jira, ticket(2, body="See ABC-1"))

    assert links("ABC-2")[0].issue.id is None
    assert links("ABC-1") == []


# --- moves ---------------------------------------------------------------------------------------


def test_moved_issue_is_one_row_and_keeps_its_old_key(project, jira):
    """https://github.com/getsentry/sentry/issues/44454"""
    new = at_jira(project, "NEW")
    put(jira, ticket(1))
    pk = Issue.objects.get().pk

    moved = ticket(1, key="NEW-7", previous_keys=("ABC-1",), source_updated_at=AT + HOUR)
    put(new, moved)

    issue = Issue.objects.get()
    assert (issue.pk, issue.key, issue.integration_id) == (pk, "NEW-7", new.pk)
    assert read_former_keys(issue.pk) == ["ABC-1"]
    assert [i.pk for i in Issue.objects.with_keys(project, ["ABC-1"])] == [pk]


def test_stale_page_of_the_former_scope_changes_nothing(project, jira):
    new = at_jira(project, "NEW")
    put(jira, ticket(1))
    put(new, ticket(1, key="NEW-7", previous_keys=("ABC-1",), source_updated_at=AT + HOUR))

    put(jira, ticket(1))

    assert Issue.objects.get().integration_id == new.pk


def test_tombstone_in_the_former_scope_is_cleared_by_the_move(project, jira):
    new = at_jira(project, "NEW")
    put(jira, ticket(1))
    Issue.objects.update(removed_at=AT, removed_reason="moved")

    put(new, ticket(1, key="NEW-7", previous_keys=("ABC-1",)))

    issue = Issue.objects.get()
    assert (issue.key, issue.removed_at, issue.removed_reason) == ("NEW-7", None, "")


def test_link_by_a_former_key_finds_the_issue(project, jira, github):
    put(jira, ticket(1, key="ABC-8", previous_keys=("ABC-1",)))

    put(github, make(7, key="#7", body="Was ABC-1"))

    assert FormerKey.objects.get().key == "ABC-1"
    assert shown("#7") == [("relates to", "ABC-8", ["text"])]
