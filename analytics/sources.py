"""Where the numbers come from, and how fresh each tracker's part is."""

from datetime import datetime

import msgspec
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from integrations.health import FIXES
from integrations.models import Integration, SyncRun
from integrations.verdicts import may_pass
from projects.models import Project

PATIENCE = 3
"""Sync intervals after which a source that has not been read is stale."""
LATE = "Its syncs are listed under syncs/; where none goes on, see whether worker and beat run."
Status = Integration.Status


class Source(msgspec.Struct, frozen=True, kw_only=True):
    integration_id: int
    provider: str
    scope: str
    status: str
    last_success_at: datetime | None
    as_of: datetime | None
    stale: bool
    sentence: str


def sources_of(project: Project) -> list[Source]:
    last = SyncRun.objects.filter(integration=OuterRef("pk"), as_of__isnull=False)
    found = Integration.objects.of(project).order_by("pk")
    return [
        _source(each)
        for each in found.annotate(data_as_of=Subquery(last.order_by("-pk").values("as_of")[:1]))
    ]


def _source(integration: Integration) -> Source:
    sentence = _why_stale(integration)
    return Source(
        integration_id=integration.pk,
        provider=integration.provider,
        scope=integration.scope,
        status=integration.status,
        last_success_at=integration.last_success_at,
        as_of=integration.data_as_of,  # type: ignore[attr-defined]
        stale=bool(sentence),
        sentence=sentence,
    )


def _why_stale(integration: Integration) -> str:
    """A sentence that names the way out; empty where nothing is wrong."""
    seen, is_healthy = (
        integration.last_success_at,
        integration.status in (Status.HEALTHY, Status.THROTTLED) or may_pass(integration),
    )
    if seen and is_healthy and timezone.now() - seen <= PATIENCE * integration.sync_interval:
        return ""
    if seen:
        found = (
            f"{integration} was last read on {seen:%d %B %Y, %H:%M} UTC: later changes are missing."
        )
    else:
        found = f"{integration} has not been read to its end yet: its numbers are incomplete."
    fix = FIXES.get(integration.status_reason, LATE if is_healthy else "")
    return " ".join(filter(None, (found, integration.status_message, fix)))
