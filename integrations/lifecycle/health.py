"""Record the result of a run or call: an integration's status, fix and next try.

`integrations.lifecycle.failure_policy` decides; the `record_…` functions store the decision. They
never overwrite a pause or a newer token set during the call. Call them outside a transaction:
throttling locks every integration that spends the same quota.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from integrations.credentials.shared_tokens import with_same_token
from integrations.http.session import Quota
from integrations.lifecycle.failure_policy import (
    OUT_OF_ORDER,
    FailureHistory,
    expiry_notice,
    judge_failure,
    refusal,
    with_jitter,
)
from integrations.lifecycle.fixes import REMEDIES
from integrations.models import Integration, IntegrationQuerySet, SyncRun
from integrations.providers.contract.base import ProviderError, ProviderRateLimited

Status = Integration.Status

PAUSE_IF_NONE_NAMED = timedelta(minutes=1)

KEY_UNKNOWN = (
    "The stored token cannot be read with the present encryption keys. Enter the token again, "
    "or put the former key back into DIIP_ENCRYPTION_KEYS."
)
FIXES: Mapping[str, str] = {reason: remedy.fix for reason, remedy in REMEDIES.items()}
REFUSED_BEFORE = "The tracker refused this token before the pause."


# --- states set by users ------------------------------------------------------------------------


def ready(now: datetime) -> dict[str, object]:
    """Return the columns of a healthy integration that is due now."""
    return {
        "status": Status.HEALTHY,
        "status_reason": "",
        "status_message": "",
        "status_since": now,
        "failure_count": 0,
        "next_sync_at": now,
    }


def resumed(integration: Integration, now: datetime) -> dict[str, object]:
    """Return the columns after a pause: due now, or when the tracker's wait ends.

    A token that was refused before the pause stays refused.
    """
    if integration.token_refused_at:
        return _refused(integration, REFUSED_BEFORE, now) | {"status_since": now}
    return ready(now) | {"next_sync_at": max(now, integration.quiet_until or now)}


def unthrottled(integration: Integration) -> dict[str, object]:
    """Return the columns to change after a wait; empty if it was not throttled."""
    if integration.status != Status.THROTTLED:
        return {}
    return ready(timezone.now()) | {"failure_count": integration.failure_count}


def paused(now: datetime) -> dict[str, object]:
    return {
        "status": Status.DISABLED,
        "status_reason": "paused",
        "status_message": "Paused: it is not synced until you resume it.",
        "status_since": now,
        "next_sync_at": None,
    }


def quota_columns(quota: Quota) -> dict[str, object]:
    return {
        "quota_limit": quota.limit,
        "quota_remaining": quota.remaining,
        "quota_resets_at": quota.resets_at,
    }


# --- recording ----------------------------------------------------------------------------------


def record_success(
    integration: Integration,
    at: datetime,
    *,
    missing: str = "",
    keeps_date: bool = False,
    is_due: bool = False,
) -> None:
    """Record a run that ended at `at`. `missing` describes unread data; empty if none.

    `keeps_date`: do not move the date of the next regular run. `is_due`: more work is due now.
    """
    reason, message = expiry_notice(integration.token_expires_at, at)
    if missing:
        reason, message = "incomplete", missing
    changes: dict[str, object] = {
        "status": Status.DEGRADED if missing else Status.HEALTHY,
        "status_reason": reason,
        "status_message": message,
        "failure_count": 0,
    }
    if is_due or not (keeps_date and integration.next_sync_at):
        changes["next_sync_at"] = at if is_due else at + integration.sync_interval
    _write(integration, changes)
    _row(integration).update(last_success_at=at)
    integration.last_success_at = at


def record_failure(integration: Integration, error: ProviderError) -> None:
    now = timezone.now()
    if isinstance(error, ProviderRateLimited):
        record_throttled(integration, now + (error.retry_after or PAUSE_IF_NONE_NAMED), None)
        return
    if error.kind == "auth":
        record_refused(integration, error.message)
        return
    failures = integration.failure_count + 1
    if error.retryable and integration.status == Status.NEEDS_ATTENTION:
        _write(integration, {"failure_count": failures})
        return
    age = now - integration.status_since
    before = FailureHistory(integration.status, integration.status_reason, age, failures)
    verdict = judge_failure(error.kind, before)
    wait = verdict.wait and max(with_jitter(verdict.wait), error.retry_after or timedelta(0))
    changes = {
        "status": verdict.status,
        "status_reason": error.kind,
        "status_message": error.message,
        "failure_count": failures,
        "next_sync_at": now + wait if wait else None,
    }
    _write(integration, changes)


def record_refused(integration: Integration, message: str) -> None:
    """Mark a refused token; all integrations with the same token stop using it."""
    now = timezone.now()
    with transaction.atomic():
        users = Integration.objects.filter(pk__in=with_same_token(integration))
        rows = list(users.order_by("pk").select_for_update())
        if integration.token_ciphertext not in {row.token_ciphertext for row in rows}:
            return  # The token was replaced meanwhile.
        _write(integration, _refused(integration, message, now))
        for row in rows:
            if row.pk != integration.pk and not row.token_refused_at:
                _write(row, _refused(row, message, now))
        users.update(token_refused_at=now)


def _refused(integration: Integration, message: str, now: datetime) -> dict[str, object]:
    reason, words = refusal(message, integration.token_expires_at, now)
    return {
        "status": Status.NEEDS_ATTENTION,
        "status_reason": reason,
        "status_message": words,
        "failure_count": integration.failure_count + 1,
        "next_sync_at": None,
    }


def record_key_unknown(integration: Integration) -> None:
    """Mark an undecryptable token: this integration waits for a new token."""
    changes = {
        "status": Status.NEEDS_ATTENTION,
        "status_reason": "key_unknown",
        "status_message": KEY_UNKNOWN,
        "next_sync_at": None,
    }
    _write(integration, changes)


def record_ready(integration: Integration) -> None:
    """Make the integration due again after its obstacle was removed."""
    _write(integration, resumed(integration, timezone.now()))


def record_throttled(integration: Integration, until: datetime, quota: Quota | None) -> None:
    """Delay all integrations with this quota, including running ones. Not a failure."""
    throttled = {
        "status": Status.THROTTLED,
        "status_reason": "rate_limited",
        "status_message": f"The tracker's request limit is used up until {until:%H:%M} UTC.",
        "next_sync_at": until,
    }
    with transaction.atomic():
        # Lock in a fixed order, so that two workers at the same limit do not deadlock.
        peers = Integration.objects.spending_quota_of(integration)
        list(peers.order_by("pk").select_for_update().values_list("pk"))
        _write(integration, throttled)
        early = peers.exclude(pk=integration.pk).filter(next_sync_at__lt=until)
        early.filter(status=Status.HEALTHY).update(**throttled, status_since=timezone.now())
        early.update(next_sync_at=until)
        open_runs = SyncRun.objects.filter(integration__in=peers, not_before__lt=until)
        open_runs.filter(state__in=SyncRun.OPEN_STATES).update(not_before=until)
    if quota:
        record_quota(integration, quota)


def hold_back(integration: Integration, until: datetime) -> None:
    """Delay all integrations with this quota after a successful reply with a wait.

    The status stays: this is no failure.
    """
    with transaction.atomic():
        peers = Integration.objects.spending_quota_of(integration)
        list(peers.order_by("pk").select_for_update().values_list("pk"))
        peers.filter(Q(quiet_until=None) | Q(quiet_until__lt=until)).update(quiet_until=until)
        peers.filter(next_sync_at__lt=until).update(next_sync_at=until)
        open_runs = SyncRun.objects.filter(integration__in=peers, not_before__lt=until)
        open_runs.filter(state__in=SyncRun.OPEN_STATES).update(not_before=until)


def record_quota(integration: Integration, quota: Quota) -> None:
    """Store the quota for display; a run decides by the quota in its session."""
    columns = quota_columns(quota)
    _row(integration).update(**columns)
    _assign(integration, columns)


def _row(integration: Integration) -> IntegrationQuerySet:
    return Integration.objects.filter(pk=integration.pk)


def _write(integration: Integration, changes: Mapping[str, object]) -> None:
    """Store changes unless the integration was paused or its token replaced meanwhile."""
    if not _is_same_problem(integration, changes):
        changes = {**changes, "status_since": timezone.now()}
    same_token = _row(integration).filter(token_ciphertext=integration.token_ciphertext)
    if same_token.exclude(status=Status.DISABLED).update(**changes):
        _assign(integration, changes)


def _is_same_problem(integration: Integration, changes: Mapping[str, object]) -> bool:
    """Return True if the problem persists: an unstable tracker fails in several ways."""
    reasons = {integration.status_reason, changes.get("status_reason", integration.status_reason)}
    same_status = changes.get("status", integration.status) == integration.status
    return same_status and (len(reasons) == 1 or reasons <= OUT_OF_ORDER)


def _assign(integration: Integration, columns: Mapping[str, object]) -> None:
    for name, value in columns.items():
        setattr(integration, name, value)
