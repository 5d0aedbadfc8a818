"""A source that is behind says so, and what to do."""

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


def test_a_source_read_in_time_has_nothing_to_say(integration):
    fresh = source(integration, last_success_at=ago(minutes=14), sync_interval_seconds=300)

    assert (fresh.stale, fresh.sentence) == (False, "")


def test_a_source_read_too_long_ago_is_stale(integration):
    late = source(integration, last_success_at=ago(minutes=16), sync_interval_seconds=300)

    assert late.stale
    assert late.sentence.startswith("jira ENG was last read on ")
    assert "see whether worker and beat run" in late.sentence


def test_a_source_tells_when_it_was_last_compared_as_a_whole(integration):
    at = ago(days=6)
    FeedCursor.objects.create(integration=integration, feed="census", horizon=at)

    compared = source(integration, last_success_at=ago(minutes=1), created_at=ago(days=90))

    assert (compared.compared_at, compared.stale) == (at, False)


@pytest.mark.parametrize("horizon", [None, ago(days=8)])
def test_a_source_not_compared_for_a_week_is_stale(integration, horizon):
    FeedCursor.objects.create(integration=integration, feed="census", horizon=horizon)

    old = source(integration, last_success_at=ago(minutes=1), created_at=ago(days=8))

    assert (old.stale, old.compared_at) == (True, horizon)
    assert "compared as a whole" in old.sentence


def test_a_source_that_lacks_something_is_stale_though_it_was_just_read(integration):
    lacking = source(
        integration,
        status="degraded",
        status_reason="incomplete",
        status_message="2 of issues could not be read and wait in quarantine.",
        last_success_at=ago(minutes=1),
    )

    assert lacking.stale
    assert "is not whole" in lacking.sentence
    assert "2 of issues could not be read" in lacking.sentence


def test_a_source_never_read_is_stale(integration):
    assert "has not been read to its end yet" in source(integration).sentence


@pytest.mark.parametrize(
    ("status", "reason", "message", "fix"),
    [
        ("needs_attention", "auth", "The token was refused.", "Enter a new token"),
        ("disabled", "paused", "Paused.", "Resume it"),
        ("degraded", "no_such_reason", "It fails.", ""),
    ],
)
def test_a_source_in_trouble_is_stale_and_names_its_fix(integration, status, reason, message, fix):
    troubled = source(
        integration,
        last_success_at=ago(seconds=1),
        status=status,
        status_reason=reason,
        status_message=message,
    )

    assert troubled.stale
    assert message in troubled.sentence
    assert fix in troubled.sentence
    assert "worker" not in troubled.sentence


@pytest.mark.parametrize(("failures", "is_stale"), [(2, False), (3, True)])
def test_one_or_two_failed_runs_make_nothing_stale(integration, failures, is_stale):
    failing = source(
        integration,
        last_success_at=ago(seconds=1),
        status="degraded",
        status_reason="unavailable",
        failure_count=failures,
    )

    assert failing.stale is is_stale


def test_a_token_that_ends_soon_makes_nothing_stale(integration):
    expiring = source(
        integration, last_success_at=ago(seconds=1), status_reason="token_expires_soon"
    )

    assert not expiring.stale


def test_as_of_is_that_of_the_last_run_that_ended_well(integration):
    for day, state in ((0, "succeeded"), (1, "succeeded")):
        SyncRun.objects.create(
            integration=integration, trigger="manual", state=state, as_of=after(day)
        )
    SyncRun.objects.create(integration=integration, trigger="manual", state="failed")

    assert source(integration).as_of == after(1)


def test_waiting_for_the_quota_makes_no_source_stale(integration):
    assert not source(integration, last_success_at=ago(seconds=1), status="throttled").stale
    assert source(integration, last_success_at=ago(days=1), status="throttled").stale
