"""DIIP's side of the sync benchmark, and the comparison with the tracker.

Runs the engine in process, by the path of a worker.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice

from benchmarks.sync_floor import TOKEN
from benchmarks.trackers import Trackers
from integrations.credentials import crypto
from integrations.credentials.access import open_provider
from integrations.lifecycle.sync_requests import request_sync
from integrations.models import FeedCursor, Integration, SyncRun
from integrations.providers.contract.base import Cursor, Feed
from integrations.providers.github import GitHub
from issues.models import Issue
from issues.queries import search
from issues.run_engine import Progress, advance_run
from projects.models import Project
from simulator.github.truth import Truth

_STATUSES = {"open": "todo", "closed": "done"}
_OUTCOMES = {"completed": "delivered", "not_planned": "not_planned", "duplicate": "duplicate"}


@contextmanager
def only_feeds(*feeds: Feed) -> Iterator[None]:
    """Restrict syncs to the feeds; comments and events are measured separately."""
    usual = GitHub.feeds
    GitHub.feeds = feeds
    try:
        yield
    finally:
        GitHub.feeds = usual


def connect(trackers: Trackers, repository: str) -> Integration:
    project = Project.objects.create(name=repository)
    integration = Integration.objects.create(
        project=project,
        provider="github",
        base_url=f"{trackers.url}/github",
        scope=repository,
    )
    integration.token_ciphertext = crypto.encrypt(TOKEN, row_id=integration.pk)
    integration.save()
    return integration


def start_run(integration: Integration) -> SyncRun:
    run, _ = request_sync(integration=integration, trigger=SyncRun.Trigger.MANUAL)
    return run


def finish_run(run: SyncRun) -> None:
    """Run all slices of a run, as the worker's tasks do."""
    while (progress := advance_run(run.pk, owner="benchmark")) is Progress.MORE:
        pass
    run.refresh_from_db()
    if progress is not Progress.ENDED or run.state != SyncRun.State.SUCCEEDED:
        raise RuntimeError(f"The sync ended {progress}, {run.state}: {run.error_message}")


def sync(integration: Integration) -> SyncRun:
    run = start_run(integration)
    finish_run(run)
    return run


def synced_through(integration: Integration) -> datetime:
    moment = FeedCursor.objects.get(integration=integration, feed="issues").synced_through
    assert moment  # noqa: S101 - a finished first sync has set it
    return moment


def warm_next_page(integration: Integration) -> None:
    """Request the next sync's page, so that its generation is not measured."""
    with open_provider(integration) as (provider, _):
        next(provider.fetch_issues(Cursor(since=synced_through(integration))))


def read_all_again(integration: Integration) -> None:
    FeedCursor.objects.filter(integration=integration).update(synced_through=None, etag="")


# --- comparison with the tracker ----------------------------------------------------------------


def differences(trackers: Trackers, integration: Integration) -> list[str]:
    """Return the first differences between table and tracker, as text."""
    expected = {str(truth.id): _expected(truth) for truth in trackers.truth(integration.scope)}
    stored = dict(_stored(integration))
    unequal = (key for key in expected | stored if expected.get(key) != stored.get(key))
    wrong = [
        f"{integration.scope} {key}: expected {expected.get(key)}, stored {stored.get(key)}"
        for key in islice(unequal, 5)
    ]
    return wrong + list(_unfindable(integration))


def _expected(truth: Truth) -> tuple[object, ...]:
    is_done = truth.state == "closed"
    return (
        f"#{truth.number}", truth.title, truth.body or "", _STATUSES[truth.state],
        _OUTCOMES.get(truth.state_reason or "", "unknown") if is_done else None,
        truth.author, sorted(truth.labels), sorted(truth.assignees), truth.type, truth.comments,
        _utc(truth.created_at), _utc(truth.updated_at), _utc(truth.closed_at),
    )  # fmt: skip


def _stored(integration: Integration) -> Iterator[tuple[str, tuple[object, ...]]]:
    issues = Issue.objects.filter(integration=integration).select_related("author")
    for issue in issues.prefetch_related("labels", "assignees").iterator(2000):
        yield issue.source_issue_id, (
            issue.key, issue.title, issue.body, issue.status, issue.outcome,
            issue.author.login if issue.author else None,
            sorted(label.name for label in issue.labels.all()),
            sorted(person.login for person in issue.assignees.all()),
            issue.type, issue.comment_count, issue.opened_at, issue.source_updated_at,
            issue.closed_at,
        )  # fmt: skip


def _unfindable(integration: Integration) -> Iterator[str]:
    """Yield issues that search does not find by a phrase of their title."""
    issues = Issue.objects.filter(integration=integration)
    for issue in issues.order_by("pk")[:: max(issues.count() // 5, 1)]:
        found = search.matching(issues, integration.project, f'"{issue.title}"')
        if not found.filter(pk=issue.pk).exists():
            yield f"{integration.scope} {issue.key}: the search does not find {issue.title!r}"


def _utc(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None
