"""Fixtures: a project with issues whose histories are given in the test."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from integrations.models import Integration
from issues.change_log import note_changed
from issues.models import Issue, StatusClass, Transition
from projects.models import Project

CLASSES = {"Open": "todo", "Doing": "in_progress", "In Review": "in_progress", "Closed": "done"}
BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""Monday morning; times in tests are days after it."""


def after(days: float) -> datetime:
    return BEGIN + timedelta(days=days)


@pytest.fixture
def integration(db) -> Integration:
    integration = Integration.objects.create(
        project=Project.objects.create(name="Engine"),
        provider="jira",
        base_url="https://tracker.test",
        scope="ENG",
    )
    for word, status in CLASSES.items():
        StatusClass.objects.create(
            integration=integration, source_status=word, provider_status=status
        )
    return integration


@pytest.fixture
def project(integration) -> Project:
    return integration.project


MakeIssue = Callable[..., Issue]


@pytest.fixture
def make_issue(integration) -> MakeIssue:
    """`make_issue(0, (1, "Doing"), (3, "Closed"))`: opened on day 0, then (day, status) changes."""

    def make(opened: float, *moves: tuple[float, str], **fields: object) -> Issue:
        number = Issue.objects.count() + 1
        word = moves[-1][1] if moves else "Open"
        is_done = CLASSES[word] == "done"
        issue = Issue.objects.create(
            **{
                "project": integration.project,
                "integration": integration,
                "provider": integration.provider,
                "source_issue_id": str(number),
                "key": f"ENG-{number}",
                "title": f"Issue {number}",
                "status": CLASSES[word],
                "source_status": word,
                "outcome": "delivered" if is_done else None,
                "opened_at": after(opened),
                "closed_at": after(moves[-1][0]) if is_done else None,
                "source_updated_at": after(moves[-1][0] if moves else opened),
                **fields,
            }
        )
        before = "Open"
        for place, (day, to) in enumerate(moves):
            Transition.objects.create(
                issue=issue,
                source_event_id=str(place),
                field="status",
                from_value=before,
                to_value=to,
                occurred_at=after(day),
            )
            before = to
        note_changed(integration.project.pk, [issue.pk])
        return issue

    return make
