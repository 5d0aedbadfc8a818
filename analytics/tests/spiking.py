"""Fixture of a project with a history of issues: `history.open(day, 3)`, `history.judge()`."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from analytics.models import Spike
from analytics.spikes.evaluation import evaluate_project
from integrations.models import Integration
from issues.models import Issue, IssueLabel, Label, Person
from projects.models import Project

TODAY = date(2026, 6, 15)
NIGHT = datetime(2026, 6, 16, tzinfo=UTC)
numbers = count(1)


@dataclass
class History:
    project: Project
    integration: Integration
    people: dict[str, Person] = field(default_factory=dict)

    def person(self, login: str, **columns) -> Person:
        if login not in self.people:
            self.people[login] = Person.objects.create(
                project=self.project, provider="github", origin="github.com",
                source_person_id=login, login=login, **columns,
            )  # fmt: skip
        return self.people[login]

    def open(self, day: date, people: int, **columns) -> list[Issue]:
        return self.store(self.of_day(day, people, **columns))

    def of_day(self, day: date, people: int, **columns) -> list[Issue]:
        """Build one unsaved issue per person, some minutes apart from noon on."""
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        return [
            self.build(
                opened_at=noon + timedelta(minutes=20 * n), author=self.person(f"p{n}"), **columns
            )
            for n in range(people)
        ]

    def build(self, opened_at: datetime, **columns) -> Issue:
        number = str(next(numbers))
        integration = columns.pop("integration", self.integration)
        given = {"title": "Broken", "status": "todo", "source_status": "open", **columns}
        return Issue(
            project=self.project, integration=integration, provider=integration.provider,
            source_issue_id=number, key=f"#{number}", opened_at=opened_at,
            source_updated_at=opened_at, content_hash="x", **given,
        )  # fmt: skip

    def store(self, issues: list[Issue]) -> list[Issue]:
        return Issue.objects.bulk_create(issues)

    def tag(self, issues: list[Issue], name: str, kind: str = "label") -> None:
        label = Label.objects.get_or_create(integration=self.integration, kind=kind, name=name)[0]
        IssueLabel.objects.bulk_create(IssueLabel(issue=issue, label=label) for issue in issues)

    def fill(self, until: date, days: int = 70, label: str = "", **columns) -> None:
        """Open issues of one to three people per day, up to and including the day."""
        filled = [
            issue
            for ago in range(days)
            for issue in self.of_day(until - timedelta(days=ago), 1 + ago % 3, **columns)
        ]
        self.store(filled)
        if label:
            self.tag(filled, label)

    def judge(self, today: date = TODAY) -> list[Spike]:
        return evaluate_project(self.project, today)

    def spikes(self, **columns) -> list[Spike]:
        return list(Spike.objects.filter(project=self.project, **columns).order_by("pk"))

    def connect(self, provider: str, **columns) -> Integration:
        given = {"last_success_at": NIGHT, "base_url": "https://api.test", **columns}
        return Integration.objects.create(
            project=self.project, provider=provider, scope=f"octo/{next(numbers)}", **given
        )


@pytest.fixture
def history(db) -> History:
    history = History(Project.objects.create(name="Watched"), None)
    history.integration = history.connect("github")
    return history


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)
