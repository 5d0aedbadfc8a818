"""Log of sent requests."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from integrations.http.quota import Quota
from integrations.models import ApiLog


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One sent request and its result."""

    method: str
    endpoint: str
    status_code: int | None
    duration_ms: int
    error_kind: str
    quota: Quota | None
    upstream_request_id: str
    at: datetime


def log_calls(calls: Iterable[CallRecord], *, integration_id: int | None, provider: str) -> None:
    """Write recorded calls as ApiLog rows."""
    ApiLog.objects.bulk_create(
        ApiLog(
            integration_id=integration_id,
            provider=provider,
            method=call.method,
            endpoint=call.endpoint[:200],
            status_code=call.status_code,
            duration_ms=call.duration_ms,
            success=call.status_code is not None and call.status_code < 400 and not call.error_kind,
            error_kind=call.error_kind,
            quota_remaining=call.quota.remaining if call.quota else None,
            upstream_request_id=call.upstream_request_id,
            created_at=call.at,
        )
        for call in calls
    )
