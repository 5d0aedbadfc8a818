import pytest

from integrations.lifecycle.sync_requests import request_sync
from integrations.models import Integration, SyncRun
from issues import run_engine
from issues.tests.fake_tracker import (
    FakeProviderThatListsRows,
    FakeProviderWithHistory,
    FakeTracker,
    patched_open_provider,
)
from projects.models import Project


@pytest.fixture
def integration(db) -> Integration:
    return Integration.objects.create(
        project=Project.objects.create(name="Engine"),
        provider="github",
        base_url="https://tracker.test",
        scope="octo/engine",
    )


@pytest.fixture
def tracker(monkeypatch) -> FakeTracker:
    tracker = FakeTracker()
    monkeypatch.setattr(run_engine, "open_provider", patched_open_provider(tracker))
    return tracker


@pytest.fixture
def tracker_with_history(tracker, monkeypatch) -> FakeTracker:
    """Tracker behind a provider whose issues include their history."""
    opened = patched_open_provider(tracker, FakeProviderWithHistory)
    monkeypatch.setattr(run_engine, "open_provider", opened)
    return tracker


@pytest.fixture
def tracker_of_rows(tracker, monkeypatch) -> FakeTracker:
    """Tracker behind a provider whose census lists complete rows."""
    opened = patched_open_provider(tracker, FakeProviderThatListsRows)
    monkeypatch.setattr(run_engine, "open_provider", opened)
    return tracker


@pytest.fixture
def sync(integration, tracker):
    """Run a sync to its end with `sync()`; returns the run."""

    def run_to_the_end(kind: str = "incremental", trigger: str = "manual") -> SyncRun:
        run, _ = request_sync(integration=integration, trigger=trigger, kind=kind)
        while run_engine.advance_run(run.pk, owner="test") is run_engine.Progress.MORE:
            pass
        run.refresh_from_db()
        integration.refresh_from_db()
        return run

    return run_to_the_end
