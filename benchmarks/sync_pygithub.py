"""Simple alternative to DIIP: a PyGithub loop with `update_or_create`."""

from collections.abc import Iterable
from itertools import islice

import github
from github.Issue import Issue as GitHubIssue
from github.NamedUser import NamedUser

from benchmarks.sync_floor import TOKEN
from benchmarks.trackers import Trackers
from integrations.models import Integration
from issues.models import Issue, Label, Person


def sync(trackers: Trackers, integration: Integration, limit: int) -> None:
    """Sync the first `limit` issues."""
    client = github.Github(
        base_url=f"{trackers.url}/github",
        auth=github.Auth.Token(TOKEN),
        per_page=100,
        seconds_between_requests=0,
    )
    repository = client.get_repo(integration.scope, lazy=True)
    issues = repository.get_issues(state="all", sort="created", direction="asc")
    for issue in islice(issues, limit):
        _store(integration, issue)


def _store(integration: Integration, issue: GitHubIssue) -> None:
    row, _ = Issue.objects.update_or_create(
        integration=integration,
        source_issue_id=str(issue.id),
        defaults={
            "project": integration.project,
            "provider": "github",
            "key": f"#{issue.number}",
            "url": issue.html_url,
            "title": issue.title,
            "body": issue.body or "",
            "status": "done" if issue.state == "closed" else "todo",
            "source_status": issue.state,
            "author": _person(integration, issue.user) if issue.user else None,
            "comment_count": issue.comments,
            "opened_at": issue.created_at,
            "closed_at": issue.closed_at,
            "source_updated_at": issue.updated_at,
        },
    )
    row.labels.set(_labels(integration, [label.name for label in issue.labels]))
    row.assignees.set([_person(integration, user) for user in issue.assignees])


def _person(integration: Integration, user: NamedUser) -> Person:
    person, _ = Person.objects.update_or_create(
        project=integration.project,
        provider="github",
        origin="",
        source_person_id=str(user.id),
        defaults={"login": user.login, "url": user.html_url},
    )
    return person


def _labels(integration: Integration, names: Iterable[str]) -> list[Label]:
    return [Label.objects.get_or_create(integration=integration, name=name)[0] for name in names]
