"""Two tenants with the same things in them, and everybody who might call."""

from dataclasses import dataclass, field

from rest_framework.test import APIClient

from accounts.models import User
from accounts.sign_in import tokens
from analytics.alerts import channel_secrets
from analytics.models import Alert, AlertChannel, AlertRule, Spike
from integrations.models import Integration, SyncRun
from issues.models import Issue, Person, PersonMatch, StatusClass
from issues.store import search_index
from monitoring.models import FailedTask
from projects.models import Membership, Project
from projects.services import create_project
from tests.url_table import ACTORS

LONG_AGO = "2026-01-01T00:00:00Z"


@dataclass
class Tenant:
    owner: User
    project: Project
    ids: dict[str, object]


@dataclass
class World:
    ours: Tenant
    theirs: Tenant
    people: dict[str, User]
    clients: dict[str, APIClient]
    rows: list[object] = field(default_factory=list)
    """All that the tenants own, before anybody called."""


def make_world() -> World:
    people = {name: make_account(name) for name in ACTORS if name != "anonymous"}
    User.objects.filter(pk=people["admin"].pk).update(role="admin")
    ours, theirs = make_tenant(people["owner"]), make_tenant(people["outsider"])
    for role in ("viewer", "maintainer"):
        Membership.objects.create(project=ours.project, user=people[role], role=role)
    make_account("new-member")
    clients = {"anonymous": APIClient()} | {name: sign_in(user) for name, user in people.items()}
    return World(ours, theirs, people, clients)


def make_account(name: str) -> User:
    return User.objects.create_user(f"{name}@example.com", "correct horse 9")


def sign_in(user: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.issue(user).access}")
    return client


def make_tenant(owner: User) -> Tenant:
    project = create_project(owner=owner, name=f"Project of {owner}", repo_identifier="octo/own")
    spare = make_account(f"spare-of-{project.pk}")
    membership = Membership.objects.create(project=project, user=spare)
    integration = Integration.objects.create(
        project=project, provider="github", base_url="https://api.github.com", scope="octo/own"
    )
    run = SyncRun.objects.create(integration=integration, trigger="manual", state="succeeded")
    issue = Issue.objects.create(
        project=project,
        integration=integration,
        provider="github",
        source_issue_id="1",
        key="#1",
        title=f"Secret of {owner}",
        status="todo",
        source_status="open",
        opened_at=LONG_AGO,
        source_updated_at=LONG_AGO,
        content_hash="x",
    )
    search_index.index_issues([issue.pk])
    person, other = (
        Person.objects.create(
            project=project, provider="github", origin="api.github.com",
            source_person_id=login, login=login,
        )
        for login in ("ann", "bob")
    )  # fmt: skip
    StatusClass.objects.create(
        integration=integration, source_status="open", provider_status="todo"
    )
    match = PersonMatch.objects.create(project=project, first=person, second=other)
    spike = Spike.objects.create(
        project=project, series_kind="project", level="alert", first_day="2026-01-01",
        last_day="2026-01-02", observed_reporters=9, observed_issues=9, expected=2,
        expected_low=0, expected_high=5, probability=0.0001,
    )  # fmt: skip
    ids = alert_ids(project) | {
        "project_id": project.pk,
        "membership_id": membership.pk,
        "integration_id": integration.pk,
        "run_id": run.pk,
        "issue_id": issue.pk,
        "provider": "gitlab",
        "person_id": person.pk,
        "match_id": match.pk,
        "chart": "flow",
        "finding": "without_author",
        "spike_id": spike.pk,
        "task_id": FailedTask.objects.create(
            task="issues.tasks.process_issue", queue="sync", arguments=[issue.pk], error="E"
        ).pk,
    }
    return Tenant(owner, project, ids)


def alert_ids(project: Project) -> dict[str, object]:
    """A webhook to nowhere (its name is none), a rule that names it, an alert."""
    channel = AlertChannel.objects.create(project=project, kind="webhook", name="Hook")
    channel_secrets.keep(channel, channel_secrets.Address("https://hooks.invalid/").with_new_key())
    channel.save()
    rule = AlertRule.objects.create(project=project, name="All", topics=["spike"])
    rule.channels.add(channel)
    alert = Alert.objects.create(
        project=project, topic="spike", subject_key="spike:1",
        title="Spike", level="alert", opened_at=LONG_AGO,
    )  # fmt: skip
    return {"channel_id": channel.pk, "rule_id": rule.pk, "alert_id": alert.pk}
