from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from integrations.http.session import Quota
from integrations.lifecycle import failure_policy, health
from integrations.lifecycle.failure_policy import FailureHistory, Verdict, judge_failure
from integrations.models import Integration, SyncRun
from integrations.providers.contract import base

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("kind", "before", "verdict"),
    [
        ("unavailable", ("healthy", "", HOUR, 1), ("degraded", MINUTE)),
        ("unavailable", ("degraded", "unavailable", HOUR, 2), ("degraded", 2 * MINUTE)),
        ("unavailable", ("degraded", "unavailable", HOUR, 3), ("degraded", 4 * MINUTE)),
        ("response", ("degraded", "unavailable", HOUR, 12), ("degraded", 24 * HOUR)),
        ("response", ("degraded", "not_found", HOUR, 2), ("degraded", 2 * MINUTE)),
        ("unavailable", ("throttled", "rate_limited", HOUR, 1), ("degraded", MINUTE)),
        ("auth", ("healthy", "", HOUR, 1), ("needs_attention", None)),
        ("access_denied", ("degraded", "", HOUR, 9), ("needs_attention", None)),
        ("config", ("healthy", "", HOUR, 1), ("needs_attention", None)),
        ("key_unknown", ("healthy", "", HOUR, 1), ("needs_attention", None)),
        ("not_found", ("healthy", "", 9 * HOUR, 1), ("degraded", 4 * HOUR)),
        ("not_found", ("degraded", "unavailable", 9 * HOUR, 4), ("degraded", 4 * HOUR)),
        ("not_found", ("degraded", "not_found", MINUTE, 2), ("degraded", 4 * HOUR)),
        ("not_found", ("degraded", "not_found", 4 * HOUR, 2), ("needs_attention", None)),
        ("not_found", ("needs_attention", "auth", MINUTE, 2), ("needs_attention", None)),
    ],
)
def test_verdict(kind, before, verdict):
    assert judge_failure(kind, FailureHistory(*before)) == Verdict(*verdict)


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(0, 1), (1, 1), (2, 2), (5, 16), (11, 1024), (12, 1440), (10**6, 1440)],
)
def test_ladder_doubles_up_to_a_day(failures, minutes):
    assert failure_policy.backoff(failures) == minutes * MINUTE


def test_jitter_is_never_early_and_at_most_a_tenth():
    waits = [failure_policy.with_jitter(HOUR) for _ in range(100)]

    assert HOUR <= min(waits) < max(waits) <= 1.1 * HOUR


@pytest.mark.parametrize(
    ("days", "reason"),
    [(None, ""), (31, ""), (30, "token_expires_soon"), (-1, "token_expires_soon")],
)
def test_token_that_ends_soon_is_announced(days, reason):
    now = datetime(2026, 5, 5, tzinfo=UTC)

    told = failure_policy.expiry_notice(None if days is None else now + timedelta(days=days), now)

    assert told[0] == reason
    assert (" 2026, " in told[1]) is bool(reason)


@pytest.fixture
def integration(connect) -> Integration:
    return connect()


def test_failure_sets_status_reason_words_and_next_try(integration):
    before = timezone.now()

    health.record_failure(integration, base.ProviderAuthError("Enter a new one."))

    stored = Integration.objects.get()
    assert (stored.status, stored.status_reason) == ("needs_attention", "auth")
    assert (stored.status_message, stored.next_sync_at) == ("Enter a new one.", None)
    assert stored.failure_count == 1
    assert stored.status_since >= before


def test_first_failure_is_reported_and_success_clears_it(integration):
    health.record_failure(integration, base.ProviderUnavailable("No answer."))
    first = Integration.objects.get()
    for _ in range(2):
        health.record_failure(integration, base.ProviderUnavailable("No answer."))
    degraded = Integration.objects.get()
    at = timezone.now()

    health.record_success(integration, at)

    healed = Integration.objects.get()
    assert (first.status, first.status_reason, first.failure_count) == (
        "degraded", "unavailable", 1,
    )  # fmt: skip
    assert (degraded.status, degraded.failure_count) == ("degraded", 3)
    assert degraded.status_since == first.status_since
    assert degraded.next_sync_at >= degraded.status_since + 4 * MINUTE
    assert (healed.status, healed.status_reason, healed.failure_count) == ("healthy", "", 0)
    assert (healed.last_success_at, healed.next_sync_at) == (at, at + 5 * MINUTE)


def test_trouble_that_only_changes_its_kind_goes_on(integration):
    """Otherwise an alert for lasting problems would never fire."""
    health.record_failure(integration, base.ProviderUnavailable("No answer."))
    began = Integration.objects.get().status_since

    health.record_failure(integration, base.ProviderResponseError("It cannot be read."))

    stored = Integration.objects.get()
    assert (stored.status_reason, stored.status_since) == ("response", began)


def test_scope_that_is_not_found_is_other_trouble(integration):
    health.record_failure(integration, base.ProviderUnavailable("No answer."))
    began = Integration.objects.get().status_since

    health.record_failure(integration, base.ProviderNotFound("It is gone."))

    assert Integration.objects.get().status_since > began


def test_wait_the_tracker_ordered_is_not_cut_short(integration):
    error = base.ProviderUnavailable("Later.", retry_after=HOUR)

    health.record_failure(integration, error)

    assert Integration.objects.get().next_sync_at > timezone.now() + 0.99 * HOUR


def test_passing_trouble_does_not_hide_what_needs_a_person(integration):
    health.record_failure(integration, base.ProviderAccessDenied("Give it issues=read."))

    health.record_failure(integration, base.ProviderUnavailable("No answer."))

    stored = Integration.objects.get()
    assert (stored.status_reason, stored.next_sync_at) == ("access_denied", None)
    assert stored.failure_count == 2


def test_pause_that_came_meanwhile_stays(integration):
    Integration.objects.update(status="disabled", next_sync_at=None)

    health.record_failure(integration, base.ProviderUnavailable("No answer."))
    health.record_success(integration, timezone.now())

    stored = Integration.objects.get()
    assert (stored.status, stored.next_sync_at) == ("disabled", None)
    assert stored.last_success_at


def test_failure_of_a_replaced_token_does_not_count(integration):
    Integration.objects.update(token_ciphertext="of another")

    health.record_failure(integration, base.ProviderAuthError("Enter a new one."))

    assert Integration.objects.get().status == "healthy"


def test_throttling_holds_back_all_that_spend_the_quota(connect):
    first, peer, other = connect("octo/a"), connect("octo/b"), connect("octo/c", token="ghp_two")
    until = timezone.now() + 10 * MINUTE

    health.record_throttled(first, until, Quota(limit=5000, remaining=0, resets_at=until))

    for pk in (first.pk, peer.pk):
        stored = Integration.objects.get(pk=pk)
        assert (stored.status, stored.status_reason) == ("throttled", "rate_limited")
        assert stored.next_sync_at == until
        assert SyncRun.objects.get(integration=stored).not_before == until
    assert Integration.objects.get(pk=first.pk).quota_remaining == 0
    assert Integration.objects.get(pk=other.pk).status == "healthy"
    assert SyncRun.objects.get(integration=other).not_before < until


def test_throttling_shortens_no_wait_and_wakes_nobody(connect):
    first, degraded, stopped = connect("octo/a"), connect("octo/b"), connect("octo/c")
    until, late = timezone.now() + MINUTE, timezone.now() + HOUR
    Integration.objects.filter(pk=degraded.pk).update(status="degraded", next_sync_at=late)
    Integration.objects.filter(pk=stopped.pk).update(status="needs_attention", next_sync_at=None)

    health.record_throttled(first, until, None)

    assert Integration.objects.get(pk=degraded.pk).next_sync_at == late
    assert Integration.objects.get(pk=stopped.pk).next_sync_at is None


def test_throttling_holds_back_what_is_degraded_and_leaves_it_so(connect):
    first, degraded = connect("octo/a"), connect("octo/b")
    until = timezone.now() + MINUTE
    Integration.objects.filter(pk=degraded.pk).update(status="degraded")

    health.record_throttled(first, until, None)

    stored = Integration.objects.get(pk=degraded.pk)
    assert (stored.status, stored.next_sync_at) == ("degraded", until)


def test_rate_limit_is_no_failure(integration):
    health.record_failure(integration, base.ProviderRateLimited("Wait.", retry_after=HOUR))

    stored = Integration.objects.get()
    assert (stored.status, stored.failure_count) == ("throttled", 0)
    assert stored.next_sync_at > timezone.now() + 0.99 * HOUR
