"""Execution of sync runs in slices: short, resumable, safe to start twice."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from diip.common.observability.context import bind
from integrations.credentials.access import open_provider
from integrations.credentials.crypto import TokenUnreadable
from integrations.lifecycle import health
from integrations.lifecycle.failure_policy import REFUSED
from integrations.models import Integration, SyncRun
from integrations.providers.contract.base import (
    ProviderAuthError,
    ProviderError,
    ProviderRateLimited,
    ProviderUnavailable,
)
from issues.reprocess.remap import remap_slice
from issues.status_mapping import store_statuses
from issues.store import Target
from issues.sync import count_check, feed_cursor, refetch, run_lease, scheduler
from issues.sync.census import run_census
from issues.sync.completeness import report_missing
from issues.sync.feed_reader import HasTime, read_feeds
from issues.sync.page_store import SyncContext, log_new_calls, note_gap
from issues.sync.reconcile import RequestedTwice
from issues.sync.refetch import run_targeted
from projects.services import mark_synced

LONGEST_PAUSE = timedelta(days=1)
SHORTEST_PAUSE = timedelta(seconds=1)

_READ: dict[str, Callable[[SyncContext, HasTime], bool]] = {
    SyncRun.Kind.INCREMENTAL: read_feeds,
    SyncRun.Kind.CENSUS: run_census,
    SyncRun.Kind.TARGETED: run_targeted,
}


class Progress(StrEnum):
    NOTHING = "nothing"
    """Held by another worker, or not due."""
    MORE = "more"
    WAITING = "waiting"
    ENDED = "ended"
    LOST = "lost"


def advance_run(run_id: int, *, owner: str, slice_length: timedelta | None = None) -> Progress:
    """Read and store pages for one slice; the lease excludes concurrent workers."""
    run = run_lease.claim(run_id, owner)
    if run is None:
        return Progress.NOTHING
    bind(run_id=run_id, integration_id=run.integration_id, project_id=run.integration.project_id)
    length = scheduler.slice_of(run) if slice_length is None else slice_length
    deadline = time.monotonic() + length.total_seconds()
    try:
        return _advance(run, has_time=lambda: time.monotonic() < deadline)
    except run_lease.LeaseLost:
        return Progress.LOST


def _advance(run: SyncRun, *, has_time: HasTime) -> Progress:
    integration = run.integration
    if run.kind == SyncRun.Kind.REMAP:
        return _remap(run, has_time)
    if stop := _blocked_by(integration):
        return _fail(run, *stop)
    try:
        finished = _read(run, has_time)
    except (ProviderError, TokenUnreadable, RequestedTwice) as error:
        return _handle_error(error, run)
    return _finish(run) if finished else _release(run)


def _handle_error(
    error: ProviderError | TokenUnreadable | RequestedTwice, run: SyncRun
) -> Progress:
    """End the run, then update the integration's health: the latter locks other integrations."""
    match error:
        case ProviderRateLimited():
            until = timezone.now() + _bounded(error.retry_after)
            progress = _wait(run, until)
            health.record_throttled(run.integration, until, None)
        case TokenUnreadable():
            progress = _fail(run, "key_unknown", health.KEY_UNKNOWN)
            health.record_key_unknown(run.integration)
        case RequestedTwice():
            progress = _end(run, SyncRun.State.PARKED, ("stuck", error.message))
            health.record_failure(run.integration, ProviderUnavailable(error.message))
        case ProviderError():
            progress = _fail(run, error.kind, error.message)
            health.record_failure(run.integration, error)
    return progress


def _blocked_by(integration: Integration) -> tuple[str, str] | None:
    """Return (kind, message) if the integration must not be contacted, else None."""
    if integration.paused:
        return "paused", "The integration was paused during the run."
    if integration.status_reason in REFUSED:
        return "auth", integration.status_message
    return None


def _remap(run: SyncRun, has_time: HasTime) -> Progress:
    """Remap stored pages without requests; pause, token and health do not matter."""
    if not remap_slice(run, has_time):
        return _release(run)
    run_lease.end(run, SyncRun.State.SUCCEEDED, local_total=count_check.carry_over_counts(run))
    return Progress.ENDED


def _read(run: SyncRun, has_time: HasTime) -> bool:
    """Read one slice; return False if the run is not finished."""
    integration = run.integration
    with open_provider(integration) as (provider, session):
        context = SyncContext(
            run=run,
            provider=provider,
            session=session,
            target=Target.of(integration),
            history_read_through=feed_cursor.history_read_through(integration.pk),
        )
        try:
            return _read_all(context, has_time)
        except ProviderAuthError:
            provider.check()  # raises the same when the token is really refused
            raise ProviderUnavailable(
                "The tracker rejected the token once, then accepted it."
            ) from None
        finally:
            log_new_calls(context)
            if session.quota:
                health.record_quota(integration, session.quota)
            if session.paused_until:
                health.hold_back(integration, session.paused_until)


def _read_all(context: SyncContext, has_time: HasTime) -> bool:
    """Read by run kind, then refetch queued issues, then update the upstream count."""
    if not _READ[context.run.kind](context, has_time) or not refetch.refetch_queued(
        context, has_time
    ):
        return False
    count_check.update_upstream_total(context)
    if context.run.kind == SyncRun.Kind.CENSUS:
        store_statuses(context.target.integration_id, _ask_for_statuses(context))
    return True


def _ask_for_statuses(context: SyncContext) -> Mapping[str, str]:
    """Return all statuses, including unused ones: histories contain them."""
    try:
        return context.provider.statuses()
    except ProviderRateLimited:
        raise
    except ProviderError as error:
        note_gap(context.run, f"Status list: {error.message}")
        return {}


def _bounded(wait: timedelta | None) -> timedelta:
    return min(max(wait or timedelta(minutes=1), SHORTEST_PAUSE), LONGEST_PAUSE)


def _release(run: SyncRun) -> Progress:
    run_lease.release(run)
    return Progress.MORE


def _wait(run: SyncRun, until: datetime) -> Progress:
    run_lease.wait(run, until)
    return Progress.WAITING


def _fail(run: SyncRun, kind: str, message: str) -> Progress:
    """Fail the run; the next run resumes from the checkpoint."""
    return _end(run, SyncRun.State.FAILED, (kind, message))


def _end(run: SyncRun, state: SyncRun.State, error: tuple[str, str]) -> Progress:
    kind, message = error
    run_lease.end(run, state, error_kind=kind, error_message=message)
    return Progress.ENDED


def _finish(run: SyncRun) -> Progress:
    now = timezone.now()
    as_of = feed_cursor.open_cursor(run.integration_id, "issues").horizon
    local = count_check.local_total(run)
    count_check.report_gap(run, local)
    if run.missing and run.kind != SyncRun.Kind.CENSUS:
        count_check.make_census_due(run)
    missing = report_missing(run)
    state = SyncRun.State.INCOMPLETE if missing else SyncRun.State.SUCCEEDED
    with transaction.atomic():
        _schedule_census(run, now)
        run_lease.end(run, state, as_of=None if missing else as_of, local_total=local)
        mark_synced(project_id=run.integration.project_id, at=now)
    # Do not leave a late hint to the next poll.
    late = refetch.has_queued(run.integration_id)
    is_targeted = run.kind == SyncRun.Kind.TARGETED
    health.record_success(
        run.integration, now, missing=missing, keeps_date=is_targeted, is_due=late
    )
    return Progress.ENDED


def _schedule_census(run: SyncRun, now: datetime) -> None:
    rows = Integration.objects.filter(pk=run.integration_id)
    if run.kind != SyncRun.Kind.CENSUS:
        rows = rows.filter(next_census_at=None)
    rows.update(next_census_at=now + timedelta(hours=settings.DIIP_CENSUS_HOURS))
