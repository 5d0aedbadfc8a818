"""Project with one member per role, and an outsider with another project."""

from dataclasses import dataclass

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from projects.models import Membership, Project
from projects.services import create_project


@dataclass
class Team:
    project: Project
    owner: User
    maintainer: User
    viewer: User
    outsider: User
    theirs: Project

    def membership(self, name: str) -> Membership:
        return Membership.objects.get(project=self.project, user=getattr(self, name))

    def call(self, name: str) -> APIClient:
        client = APIClient()
        client.force_authenticate(getattr(self, name))
        return client

    @property
    def url(self) -> str:
        return f"/api/projects/{self.project.pk}/"

    @property
    def members_url(self) -> str:
        return f"{self.url}members/"

    def member_url(self, name: str) -> str:
        return f"{self.members_url}{self.membership(name).pk}/"


@pytest.fixture
def team(make_user) -> Team:
    names = ("owner", "maintainer", "viewer", "outsider")
    people = {name: make_user(f"{name}@example.com") for name in names}
    project = create_project(owner=people["owner"], name="Ours")
    for name in ("maintainer", "viewer"):
        Membership.objects.create(project=project, user=people[name], role=name)
    theirs = create_project(owner=people["outsider"], name="Theirs")
    return Team(project=project, theirs=theirs, **people)
