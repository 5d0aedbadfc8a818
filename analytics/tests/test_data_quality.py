"""Data quality findings: counts, explanations and lists of issues."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.facts.status_timeline import Anomaly
from analytics.queries.data_quality import ISSUE_FINDINGS, SAYS, TRACKER_FINDINGS
from analytics.tests.conftest import after
from analytics.tests.test_api import client, get
from integrations.models import FeedCursor, Integration, QuarantinedRecord, SyncRun
from issues.models import Issue, Person, Transition

__all__ = ["client", "get"]

LAST_YEAR = -600
"""Date before the days of the tests."""


@pytest.fixture
def author(project) -> Person:
    return Person.objects.create(
        project=project, provider="jira", origin="tracker.test", source_person_id="1", login="ann"
    )


@pytest.fixture
def find(get):
    """`find("gaps")` returns that finding from the API."""
    return lambda name: next(
        each for each in get("data-quality/")["findings"] if each["id"] == name
    )


def run(integration: Integration, **columns: object) -> SyncRun:
    return SyncRun.objects.create(
        **{"integration": integration, "trigger": "manual", "state": "succeeded", **columns}
    )


ODD = {
    Anomaly.CLOSED_BEFORE_OPENED: ([0, (2, "Closed")], {"closed_at": after(-1)}),
    Anomaly.HISTORY_BEFORE_OPENING: ([0, (-1, "Doing"), (2, "Closed")], {}),
    Anomaly.UNKNOWN_STATUS: ([0, (1, "Odd"), (2, "Closed")], {}),
    Anomaly.CLOSED_UNDATED: ([0], {"status": "done", "source_status": "Closed"}),
    Anomaly.REOPENED_UNDATED: ([0, (2, "Closed")], {"status": "todo", "closed_at": None}),
    Anomaly.STATUS_UNEXPLAINED: ([0, (2, "Doing")], {"status": "todo"}),
    Anomaly.CLOSED_AT_CONTRADICTS_HISTORY: (
        [0, (3, "Doing"), (4, "Closed")], {"closed_at": after(2)},
    ),
    "status_never_left": ([LAST_YEAR, (LAST_YEAR + 1, "Doing")], {}),
    "date_in_the_future": ([4000], {}),
    "without_author": ([0], {"author": None}),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_findings_are_counted_and_listed(find, get, make_issue, author, name):
    history, fields = ODD[name]
    make_issue(0, (1, "Doing"), (2, "Closed"), author=author)
    odd = make_issue(*history, **{"author": author, **fields})

    finding = find(name)
    listed = get(f"data-quality/{name}/issues/")["results"]

    assert finding["n"] == 1
    assert finding["issues"].endswith(f"/analytics/data-quality/{name}/issues/")
    assert [row["id"] for row in listed] == [odd.pk]


def test_an_issue_opened_as_done_is_found(find, make_issue):
    issue = make_issue(0, (1, "Doing"))
    Transition.objects.filter(issue=issue).update(from_value="Closed")

    assert find("opened_as_done")["n"] == 1


def test_a_normal_issue_has_no_findings(get, make_issue, author, integration):
    Integration.objects.filter(pk=integration.pk).update(last_success_at=timezone.now())
    make_issue(0, (1, "Doing"), (2, "Closed"), author=author)

    findings = get("data-quality/")["findings"]

    assert {each["id"]: each["n"] for each in findings} == dict.fromkeys(SAYS, 0)


def test_every_finding_has_an_explanation():
    assert SAYS.keys() == ISSUE_FINDINGS.keys() | TRACKER_FINDINGS.keys()
    assert {anomaly.value for anomaly in Anomaly} < ISSUE_FINDINGS.keys()


def test_active_and_backlog_issues_are_not_forgotten(find, make_issue):
    make_issue(LAST_YEAR)
    moved = make_issue(LAST_YEAR, (LAST_YEAR + 1, "Doing"))
    Transition.objects.create(
        issue=moved, source_event_id="9", field="status", from_value="Doing",
        to_value="In Review", occurred_at=timezone.now() - timedelta(days=300),
    )  # fmt: skip

    assert find("status_never_left")["n"] == 0


def test_a_removed_issue_is_no_finding(find, get, make_issue):
    issue = make_issue(0, (2, "Closed"), closed_at=after(-1))
    get("data-quality/")
    Issue.objects.filter(pk=issue.pk).update(removed_at=timezone.now())

    assert find("closed_before_opened")["n"] == 0


def test_issues_of_a_finding_are_paginated(get, make_issue):
    for day in range(5):
        make_issue(day)

    first = get("data-quality/without_author/issues/?page_size=3")
    second = get(first["next"].partition("analytics/")[2])

    keys = [row["key"] for page in (first, second) for row in page["results"]]
    assert keys == ["ENG-5", "ENG-4", "ENG-3", "ENG-2", "ENG-1"]
    assert second["next"] is None


def test_issues_of_a_finding_are_exported(client, project, make_issue):
    make_issue(0)

    url = f"/api/projects/{project.pk}/analytics/data-quality/without_author/issues/export/"
    answer = client.get(f"{url}?format=ndjson")

    assert b'"key":"ENG-1"' in answer.getvalue().splitlines()[0]
    assert 'filename="engine-without_author-20' in answer["Content-Disposition"]


@pytest.mark.parametrize("name", ["nonsense", "gaps", "closed_before_opened'"])
def test_unknown_finding_lists_the_known_ones(get, name):
    problem = get(f"data-quality/{name}/issues/", status=404)

    assert "closed_before_opened" in problem["detail"]


def test_gaps_come_from_last_sync_and_last_census(find, integration):
    run(integration, kind="census", gaps=["An older census."])
    run(integration, kind="census", gaps=["Issue 7 could not be read."], finished_at=after(0))
    run(integration, gaps=["An older sync."])
    run(integration, gaps=["Comments were refused."], finished_at=after(1))
    run(integration, kind="remap", gaps=["A page was gone."])
    run(integration, state="failed", gaps=["A failure."])

    gaps = find("gaps")

    assert gaps["n"] == 2
    assert [place["message"] for place in gaps["problems"]] == [
        "Sync of 06 January 2026, 09:00 UTC: Comments were refused.",
        "Census of 05 January 2026, 09:00 UTC: Issue 7 could not be read.",
    ]
    assert gaps["problems"][0]["scope"] == "ENG"


def test_totals_come_from_the_last_run(find, integration):
    run(integration, upstream_total=9, local_total=2)
    run(integration, upstream_total=9, local_total=12, upstream_total_at=after(0))

    (place,) = find("totals_differ")["problems"]

    assert place["n"] == 3
    assert "counted 9 issues on 05 January 2026, 09:00 UTC; 12 are stored here" in place["message"]


def test_equal_or_missing_totals_are_no_finding(find, integration):
    run(integration, upstream_total=None, local_total=12)

    assert find("totals_differ")["n"] == 0


def test_quarantine_is_counted_by_feed(find, integration):
    for feed, source_id in (("issues", "1"), ("issues", "2"), ("comments", "1")):
        QuarantinedRecord.objects.create(
            integration=integration, feed=feed, source_id=source_id, reason="x", raw_size=1, raw=b""
        )

    quarantine = find("quarantine")

    assert quarantine["n"] == 3
    assert [place["message"] for place in quarantine["problems"]] == [
        "Records of feed comments: 1.",
        "Records of feed issues: 2.",
    ]


def test_unread_feed_gives_the_reason(find, integration):
    FeedCursor.objects.create(integration=integration, feed="events", note="Switched off there.")

    (place,) = find("unread_feed")["problems"]

    assert place["message"] == "events: Switched off there."


def test_removed_integration_has_no_findings(find, integration):
    run(integration, gaps=["Gone."], upstream_total=1, local_total=2)
    FeedCursor.objects.create(integration=integration, feed="events", note="Gone.")
    Integration.objects.filter(pk=integration.pk).update(removed_at=timezone.now())

    for name in TRACKER_FINDINGS:
        assert find(name)["n"] == 0


def test_queries_do_not_grow_with_trackers_and_issues(client, project, integration, make_issue):
    url, asked = f"/api/projects/{project.pk}/analytics/data-quality/", []
    for scopes in (["A"], ["B", "C", "D"]):
        for scope in scopes:
            other = Integration.objects.create(project=project, provider="jira", scope=scope)
            run(other, gaps=["x"], upstream_total=1, local_total=2)
            make_issue(0)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        asked.append(len(queries))

    assert asked[0] == asked[1]
