"""Freshness of the data of each source."""

from datetime import datetime, timedelta

import msgspec
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from integrations.lifecycle.failure_policy import may_pass
from integrations.lifecycle.health import FIXES
from integrations.lifecycle.staleness import compared_at, fetch_comparisons
from integrations.models import Integration, SyncRun
from projects.models import Project

PATIENCE = 3
"""Missed sync intervals before a source is stale."""
COMPARED_WITHIN = timedelta(days=7)
"""Longest time without a census, which may take days with low request limits."""
LATE = "Check its syncs at syncs/. If none is running, check that worker and beat are running."
Status = Integration.Status


class Source(msgspec.Struct, frozen=True, kw_only=True):
    integration_id: int
    provider: str
    scope: str
    status: str
    last_success_at: datetime | None
    as_of: datetime | None
    compared_at: datetime | None
    """Start of the last completed census, which compares everything, even undated changes."""
    stale: bool
    message: str


def sources_of(project: Project) -> list[Source]:
    last = SyncRun.objects.filter(integration=OuterRef("pk"), as_of__isnull=False)
    found = Integration.objects.of(project).order_by("pk")
    read = found.annotate(data_as_of=Subquery(last.order_by("-pk").values("as_of")[:1]))
    rows = list(read)
    fetch_comparisons(rows)
    return [_source(each) for each in rows]


def _source(integration: Integration) -> Source:
    sentence = _why_stale(integration) or _why_uncompared(integration)
    return Source(
        integration_id=integration.pk,
        provider=integration.provider,
        scope=integration.scope,
        status=integration.status,
        last_success_at=integration.last_success_at,
        as_of=integration.data_as_of,  # type: ignore[attr-defined]
        compared_at=compared_at(integration),
        stale=bool(sentence),
        message=sentence,
    )


def _why_uncompared(integration: Integration) -> str:
    compared = compared_at(integration)
    if timezone.now() - (compared or integration.created_at) <= COMPARED_WITHIN:
        return ""
    if compared:
        found = f"The last census of {integration} was on {compared:%d %B %Y, %H:%M} UTC: later"
    else:
        found = f"No census of {integration} has finished yet:"
    return (
        f"{found} deletions, and closings and label changes without a date, are missing from the "
        f"numbers. {LATE}"
    )


def _why_stale(integration: Integration) -> str:
    """Describe the problem and its fix; empty if the source is fresh."""
    if integration.status_reason == "incomplete":
        missing = f"{integration} is incomplete: some of its data is missing from the numbers."
        return " ".join((missing, integration.status_message, FIXES["incomplete"]))
    seen, is_healthy = (
        integration.last_success_at,
        integration.status in (Status.HEALTHY, Status.THROTTLED) or may_pass(integration),
    )
    if seen and is_healthy and timezone.now() - seen <= PATIENCE * integration.sync_interval:
        return ""
    if seen:
        found = (
            f"{integration} was last synced on {seen:%d %B %Y, %H:%M} UTC: later changes are "
            "missing."
        )
    else:
        found = f"The first sync of {integration} has not finished: its numbers are incomplete."
    fix = FIXES.get(integration.status_reason, LATE if is_healthy else "")
    return " ".join(filter(None, (found, integration.status_message, fix)))
