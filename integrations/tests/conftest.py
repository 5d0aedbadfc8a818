"""Fixtures of a scripted GitHub and a project connected to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.http.session import CallRecord, Quota, Session
from integrations.lifecycle.connect import connect_scope
from integrations.models import Integration
from integrations.providers import registry
from integrations.providers.contract.base import ProviderError, Scope, ScopeInfo
from integrations.providers.github import GitHub
from projects.tests.people import Team, team

__all__ = ["team"]

RESETS_AT = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass
class Tracker:
    """Requests to the fake provider, and its replies."""

    asked: list[Scope] = field(default_factory=list)
    info: dict[str, Any] = field(default_factory=dict)
    error: ProviderError | None = None

    @property
    def tokens(self) -> list[str]:
        return [scope.token for scope in self.asked]

    def answer(self, scope: Scope) -> ScopeInfo:
        self.asked.append(scope)
        if self.error:
            raise self.error
        known = {"scope": scope.scope, "scope_id": scope.scope, "base_url": scope.base_url}
        return ScopeInfo(**(known | {"web_url": "https://github.com/octo/hello"} | self.info))


@pytest.fixture
def tracker(monkeypatch: pytest.MonkeyPatch) -> Tracker:
    answers = Tracker()

    class FakeGitHub(GitHub):
        def __init__(self, scope: Scope, http: Session) -> None:
            self.scope, self.http = scope, http

        def check(self) -> ScopeInfo:
            self.http.quota = Quota(limit=5000, remaining=4999, resets_at=RESETS_AT)
            self.http.calls.append(
                CallRecord(
                    method="GET",
                    endpoint="/repos/{owner}/{repo}",
                    status_code=500 if answers.error else 200,
                    duration_ms=3,
                    error_kind=answers.error.kind if answers.error else "",
                    quota=self.http.quota,
                    upstream_request_id="R1",
                    at=datetime.now(UTC) - timedelta(milliseconds=3),
                )
            )
            return answers.answer(self.scope)

    monkeypatch.setitem(registry.PROVIDERS, "github", FakeGitHub)
    return answers


@pytest.fixture
def connect(team: Team, tracker: Tracker) -> Callable[..., Integration]:
    """Connect a repository: `connect("octo/hello", token="t")`."""

    def make(repository: str = "octo/hello", token: str = "ghp_one") -> Integration:
        integration = connect_scope(
            project=team.project,
            actor=team.owner,
            provider="github",
            given={"token": token, "repository": repository, "api_url": ""},
        )
        tracker.asked.clear()
        return integration

    return make


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The contract suite runs once for each feed that the provider has."""
    feeds = getattr(metafunc.cls, "feeds", None)
    if feeds and "feed" in metafunc.fixturenames:
        metafunc.parametrize("feed", feeds)
