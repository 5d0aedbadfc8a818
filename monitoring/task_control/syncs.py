"""Open sync runs, from their rows, which are authoritative over the broker."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from integrations.models import SyncRun

MOST = 50


@dataclass(frozen=True)
class OpenRunLine:
    id: int
    project_id: int
    project: str
    integration: str
    kind: str
    state: str
    """State: `queued`, `running`, `waiting`, or `silent` if its lease expired."""
    pages: int
    records_seen: int
    upstream_total: int | None
    feed: str
    worker: str
    lease_until: datetime | None
    not_before: datetime
    created_at: datetime

    @property
    def percent(self) -> int | None:
        """Share of the tracker's total; None if the total is unknown."""
        if not self.upstream_total or self.kind != SyncRun.Kind.INCREMENTAL:
            return None
        return min(100, self.records_seen * 100 // self.upstream_total)


def open_runs() -> tuple[int, list[OpenRunLine]]:
    """Return (number of open runs, up to 50 of them, leased runs first)."""
    rows = SyncRun.objects.filter(state__in=SyncRun.OPEN_STATES)
    shown = rows.select_related("integration__project").order_by("lease_until", "created_at")
    return rows.count(), [_line(run) for run in shown[:MOST]]


def _line(run: SyncRun) -> OpenRunLine:
    return OpenRunLine(
        id=run.pk,
        project_id=run.integration.project_id,
        project=run.integration.project.name,
        integration=str(run.integration),
        kind=run.kind,
        state=_state(run),
        pages=run.pages,
        records_seen=run.records_seen,
        upstream_total=run.upstream_total,
        feed=run.feed,
        worker=run.lease_owner,
        lease_until=run.lease_until,
        not_before=run.not_before,
        created_at=run.created_at,
    )


def _state(run: SyncRun) -> str:
    if run.state != SyncRun.State.RUNNING:
        return run.state
    if run.lease_until is None:  # between two slices
        return SyncRun.State.QUEUED
    return "silent" if run.lease_until < timezone.now() else run.state
