"""The simulated Jira's search index, when it is late."""

import pytest

from simulator.tests.simulated_jira import ALL, NOW, V3, JiraReader, ServerReader

SINCE = f"project = ENG AND updated >= {NOW * 1000} ORDER BY created ASC"


@pytest.fixture
def late() -> JiraReader:
    return JiraReader(index_lag=60)


def test_search_sees_a_change_only_after_the_lag(late):
    late.changes.edit("ENG-3", title="New words")

    assert late.found(SINCE) == []
    late.clock.shift(59)
    assert late.found(SINCE) == []
    late.clock.shift(1)
    assert late.found(SINCE) == ["ENG-3"]


def test_reading_by_id_is_never_late(late):
    late.changes.edit("ENG-3", title="New words")

    stale = late.search("key = ENG-3", fields=["summary"])[0]["fields"]
    assert late.issue("ENG-3")["fields"]["summary"] == "New words" != stale["summary"]


def test_reconciled_issues_are_looked_up_as_they_are(late):
    late.changes.edit("ENG-3", title="New words")

    page = late.page(SINCE, fields=["summary"], reconcileIssues=[1010003])

    assert [row["fields"]["summary"] for row in page["issues"]] == ["New words"]
    refused = {"jql": ALL, "reconcileIssues": list(range(51))}
    assert late.ask(f"{V3}/search/jql", refused).status == 400


def test_new_issue_is_not_found_at_once(late):
    made = late.changes.create(title="Brand new")

    assert made.key not in late.found()
    assert late.issue(made.key)["key"] == "ENG-121"
    late.clock.shift(60)
    assert made.key in late.found()


def test_deleted_issue_is_found_for_a_while(late):
    late.changes.delete("ENG-3")

    assert "ENG-3" in late.found()
    assert late.ask(f"{V3}/issue/ENG-3").status == 404
    late.clock.shift(60)
    assert "ENG-3" not in late.found()


def test_several_changes_arrive_one_after_the_other(late):
    late.changes.edit("ENG-3", title="First")
    late.clock.shift(30)
    late.changes.edit("ENG-3", title="Second")

    seen = []
    for _ in range(3):
        seen.append(late.search("key = ENG-3", fields=["summary"])[0]["fields"]["summary"])
        late.clock.shift(30)

    assert seen[1:] == ["First", "Second"]
    assert seen[0] not in {"First", "Second"}


def test_lag_can_begin_and_end_at_any_time(late):
    late.changes.touch("ENG-3")
    late.jira.index.lag = 0
    late.changes.touch("ENG-4")

    assert late.found(SINCE) == ["ENG-4"]
    late.clock.shift(60)
    assert late.found(SINCE) == ["ENG-3", "ENG-4"]


def test_servers_index_can_be_late_as_well():
    server = ServerReader(index_lag=60)
    server.changes.touch("ENG-3")

    assert server.page(SINCE)["total"] == 0
    server.clock.shift(60)
    assert server.page(SINCE)["total"] == 1
