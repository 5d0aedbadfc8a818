"""Stale sources and their messages."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analytics.queries.source_freshness import Source, sources_of
from analytics.tests.conftest import after
from integrations.models import FeedCursor, Integration, SyncRun


def source(integration: Integration, **columns: object) -> Source:
    Integration.objects.filter(pk=integration.pk).update(**columns)
    (only,) = sources_of(integration.project)
    return only


def ago(**span: float):
    return timezone.now() - timedelta(**span)


def test_fresh_source_has_no_message(integration):
    fresh = source(integration, last_success_at=ago(minutes=14), sync_interval_seconds=300)

    assert (fresh.stale, fresh.message) == (False, "")


def test_source_not_synced_in_time_is_stale(integration):
    late = source(integration, last_success_at=ago(minutes=16), sync_interval_seconds=300)

    assert late.stale
    assert late.message.startswith("jira ENG was last synced on ")
    assert "check that worker and beat are running" in late.message


def test_source_reports_its_last_census(integration):
    at = ago(days=6)
    FeedCursor.objects.create(integration=integration, feed="census", horizon=at)

    compared = source(integration, last_success_at=ago(minutes=1), created_at=ago(days=90))

    assert (compared.compared_at, compared.stale) == (at, False)


@pytest.mark.parametrize("horizon", [None, ago(days=8)])
def test_source_without_census_for_a_week_is_stale(integration, horizon):
    FeedCursor.objects.create(integration=integration, feed="census", horizon=horizon)

    old = source(integration, last_success_at=ago(minutes=1), created_at=ago(days=8))

    assert (old.stale, old.compared_at) == (True, horizon)
    assert "census" in old.message


def test_incomplete_source_is_stale_after_a_sync(integration):
    lacking = source(
        integration,
        status="degraded",
        status_reason="incomplete",
        status_message="2 of issues could not be read and wait in quarantine.",
        last_success_at=ago(minutes=1),
    )

    assert lacking.stale
    assert "is incomplete" in lacking.message
    assert "2 of issues could not be read" in lacking.message


def test_source_never_synced_is_stale(integration):
    assert "The first sync of" in source(integration).message


@pytest.mark.parametrize(
    ("status", "reason", "message", "fix"),
    [
        ("needs_attention", "auth", "The token was refused.", "Enter a new token"),
        ("disabled", "paused", "Paused.", "Resume it"),
        ("degraded", "no_such_reason", "It fails.", ""),
    ],
)
def test_failing_source_is_stale_and_names_its_fix(integration, status, reason, message, fix):
    troubled = source(
        integration,
        last_success_at=ago(seconds=1),
        status=status,
        status_reason=reason,
        status_message=message,
    )

    assert troubled.stale
    assert message in troubled.message
    assert fix in troubled.message
    assert "worker" not in troubled.message


@pytest.mark.parametrize(("failures", "is_stale"), [(2, False), (3, True)])
def test_two_failed_runs_are_not_stale(integration, failures, is_stale):
    failing = source(
        integration,
        last_success_at=ago(seconds=1),
        status="degraded",
        status_reason="unavailable",
        failure_count=failures,
    )

    assert failing.stale is is_stale


def test_expiring_token_is_not_stale(integration):
    expiring = source(
        integration, last_success_at=ago(seconds=1), status_reason="token_expires_soon"
    )

    assert not expiring.stale


def test_as_of_comes_from_the_last_successful_run(integration):
    for day, state in ((0, "succeeded"), (1, "succeeded")):
        SyncRun.objects.create(
            integration=integration, trigger="manual", state=state, as_of=after(day)
        )
    SyncRun.objects.create(integration=integration, trigger="manual", state="failed")

    assert source(integration).as_of == after(1)


def test_throttled_source_is_not_stale(integration):
    assert not source(integration, last_success_at=ago(seconds=1), status="throttled").stale
    assert source(integration, last_success_at=ago(days=1), status="throttled").stale
