"""Issues for API tests: `board.add(title="…")`, `board.get("?open=true")`."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from integrations.models import Integration
from issues.models import Comment, Issue, IssueAssignee, IssueLabel, Label, Person, Transition
from issues.store import search_index
from projects.models import Membership, Project

START = datetime(2026, 1, 1, tzinfo=UTC)
numbers = count(1000)


@dataclass
class Board:
    """Project whose issues are read by a viewer."""

    user: User
    project: Project
    integration: Integration
    client: APIClient = field(default_factory=APIClient)

    @property
    def url(self) -> str:
        return f"/api/projects/{self.project.pk}/issues/"

    def add(self, title: str = "Broken", labels=(), assignees=(), author="", **columns) -> Issue:
        issue = self.build(title, author=self.person(author) if author else None, **columns)
        self.store([issue])
        self.tag([issue], labels, assignees)
        return issue

    def build(self, title: str = "Broken", **columns) -> Issue:
        """Build an issue without storing it."""
        number = next(numbers)
        integration = columns.pop("integration", self.integration)
        opened = columns.pop("opened_at", START + timedelta(minutes=number))
        given = {
            "project": self.project,
            "integration": integration,
            "provider": integration.provider,
            "source_issue_id": str(number),
            "key": f"#{number}",
            "title": title,
            "status": "todo",
            "source_status": "open",
            "opened_at": opened,
            "source_updated_at": opened,
            **columns,
        }
        return Issue(**given)

    def store(self, issues: Iterable[Issue]) -> list[Issue]:
        stored = Issue.objects.bulk_create(issues)
        search_index.index_issues([issue.pk for issue in stored])
        return stored

    def tag(self, issues: list[Issue], labels=(), assignees=()) -> None:
        """Add labels and assignees to `issues`, which belong to one integration."""
        for name in labels:
            label = self.label(name, issues[0].integration)
            IssueLabel.objects.bulk_create(IssueLabel(issue=one, label=label) for one in issues)
        for login in assignees:
            person = self.person(login)
            IssueAssignee.objects.bulk_create(
                IssueAssignee(issue=one, person=person) for one in issues
            )

    def label(self, name: str, integration: Integration) -> Label:
        return Label.objects.get_or_create(integration=integration, name=name)[0]

    def person(self, login: str, origin: str = "github.com") -> Person:
        return Person.objects.get_or_create(
            project=self.project,
            provider="github",
            origin=origin,
            source_person_id=login,
            defaults={"login": login, "display_name": login.title()},
        )[0]

    def connect(self, scope: str) -> Integration:
        return Integration.objects.create(
            project=self.project,
            provider="github",
            base_url="https://api.github.test",
            scope=scope,
        )

    def comment(self, issue: Issue, hours: int = 0, body: str = "Me too") -> Comment:
        at = START + timedelta(hours=hours)
        return Comment.objects.create(
            issue=issue,
            source_comment_id=str(next(numbers)),
            author=self.person("ann"),
            body=body,
            commented_at=at,
            source_updated_at=at,
        )

    def transition(self, issue: Issue, hours: int = 0, **columns) -> Transition:
        return Transition.objects.create(
            **{
                "issue": issue,
                "source_event_id": str(next(numbers)),
                "field": "status",
                "from_value": "open",
                "to_value": "closed",
                "actor": self.person("bob"),
                "occurred_at": START + timedelta(hours=hours),
                **columns,
            }
        )

    def get(self, query: str = "", status: int = 200):
        """Return the response body; `query` may also be a complete link."""
        path = query if query.startswith("http") else f"{self.url}{query}"
        response = self.client.get(path)
        assert response.status_code == status, response.content
        return response.json()

    def titles(self, query: str = "") -> list[str]:
        return [issue["title"] for issue in self.get(query)["results"]]


def make_board(user: User, name: str) -> Board:
    project = Project.objects.create(name=name)
    Membership.objects.create(project=project, user=user, role=Membership.Role.VIEWER)
    board = Board(user, project, None)
    board.integration = board.connect("octo/core")
    board.client.force_authenticate(user)
    return board


@pytest.fixture
def board(make_user) -> Board:
    return make_board(make_user("member@example.com"), "Core")


@pytest.fixture
def foreign_board(make_user) -> Board:
    """Board of another tenant."""
    return make_board(make_user("outsider@example.com"), "Theirs")
