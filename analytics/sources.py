"""Where the numbers come from, and how fresh each tracker's part is."""

from datetime import datetime

import msgspec
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from integrations.models import Integration, SyncRun
from projects.models import Project

PATIENCE = 3
"""Sync intervals after which a source that has not been read is stale."""


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
    name = f"{integration.provider} {integration.scope}"
    seen = integration.last_success_at
    if seen is None:
        return f"{name} has not been read to its end yet: its numbers are incomplete."
    if timezone.now() - seen > PATIENCE * integration.sync_interval:
        return f"{name} was last read at {seen:%Y-%m-%d %H:%M} UTC. {integration.status_message}"
    return ""
