"""Migration that separates Stack Exchange people by site."""

from importlib import import_module

import pytest
from django.apps import apps

from integrations.models import Integration
from issues.models import Issue, Person
from projects.models import Project

part_by_site = import_module("issues.migrations.0008_people_of_stack_exchange_by_site").part_by_site
API = "https://api.stackexchange.com/2.3"


@pytest.fixture
def project(db) -> Project:
    return Project.objects.create(name="Two sites")


def connect(project: Project, site: str) -> Integration:
    return Integration.objects.create(
        project=project, provider="stackoverflow", base_url=API, scope=f"{site}:engine",
        web_url=f"https://{site}.com/questions/tagged/engine",
    )  # fmt: skip


def person(project: Project, number: str, url: str = "") -> Person:
    return Person.objects.create(
        project=project, provider="stackoverflow", origin="api.stackexchange.com",
        source_person_id=number, login="ann", url=url,
    )  # fmt: skip


def issue(integration: Integration) -> Issue:
    return Issue.objects.create(
        project=integration.project, integration=integration, provider="stackoverflow",
        source_issue_id="1", key="Q1", title="Why?", status="todo", source_status="unanswered",
        opened_at=integration.created_at, source_updated_at=integration.created_at,
        content_hash="known",
    )  # fmt: skip


def test_single_site_owns_all_people(project):
    connected = connect(project, "stackoverflow")
    made = issue(connected)
    person(project, "7", "https://stackoverflow.com/users/7/ann")
    person(project, "deleted:bob")
    person(project, "8")
    Person.objects.filter(source_person_id="8").update(origin="stackoverflow.com")

    part_by_site(apps, None)
    part_by_site(apps, None)

    made.refresh_from_db()
    assert set(Person.objects.values_list("origin", flat=True)) == {"stackoverflow.com"}
    assert made.content_hash == "known"


def test_people_of_two_sites_are_assigned_by_profile_address(project):
    made = [issue(connect(project, site)) for site in ("stackoverflow", "serverfault")]
    person(project, "7", "https://serverfault.com/users/7/ann")
    person(project, "deleted:bob")

    part_by_site(apps, None)

    assert dict(Person.objects.values_list("source_person_id", "origin")) == {
        "7": "serverfault.com",
        "deleted:bob": "api.stackexchange.com",
    }
    assert set(Issue.objects.filter(pk__in=[i.pk for i in made]).values_list("content_hash")) == {
        ("",)
    }


def test_people_of_other_trackers_are_unchanged(project):
    connect(project, "stackoverflow")
    jira = Person.objects.create(
        project=project, provider="jira", origin="acme.atlassian.net", source_person_id="7"
    )

    part_by_site(apps, None)

    jira.refresh_from_db()
    assert jira.origin == "acme.atlassian.net"
