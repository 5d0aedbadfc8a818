"""Issue fields derived from history."""

from datetime import UTC, datetime, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from issues.derived_fields import enrich_issues
from issues.models import Comment, Issue, Person

OPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)


def answered(integration, number: int, helper: Person) -> Issue:
    issue = Issue.objects.create(
        project=integration.project, integration=integration, provider="github",
        source_issue_id=str(number), key=f"#{number}", title="Broken", status="todo",
        source_status="open", opened_at=OPENED, source_updated_at=OPENED, content_hash="x",
    )  # fmt: skip
    Comment.objects.create(
        issue=issue, source_comment_id=str(number), author=helper, body="On it",
        commented_at=OPENED + timedelta(minutes=number), source_updated_at=OPENED,
    )  # fmt: skip
    return issue


def updates_of(issue_ids: list[int]) -> list[str]:
    """Return the statements that update issues."""
    with CaptureQueriesContext(connection) as captured:
        enrich_issues(issue_ids)
    return [q["sql"] for q in captured if "UPDATE issues_issue" in q["sql"].replace('"', "")]


def test_many_issues_are_updated_in_one_statement(integration):
    helper = Person.objects.create(
        project=integration.project, provider="github", origin="github.com",
        source_person_id="1", login="helper",
    )  # fmt: skip
    issues = [answered(integration, number, helper) for number in range(1, 251)]

    updates = updates_of([issue.pk for issue in issues])

    assert len(updates) == 1
    stored = dict(Issue.objects.values_list("source_issue_id", "first_response_at"))
    assert stored == {str(n): OPENED + timedelta(minutes=n) for n in range(1, 251)}
    assert not Issue.objects.filter(updated_at__lte=OPENED).exists()


def test_unchanged_issues_are_not_updated(integration):
    helper = Person.objects.create(
        project=integration.project, provider="github", origin="github.com",
        source_person_id="1", login="helper",
    )  # fmt: skip
    issue = answered(integration, 1, helper)
    enrich_issues([issue.pk])

    assert updates_of([issue.pk]) == []
