"""What is known to be missing of a project's trackers."""

from collections.abc import Iterator

import msgspec
from django.db.models import Count, OuterRef, Subquery

from analytics.sources import sources_of
from integrations.models import FeedCursor, Integration, QuarantinedRecord, SyncRun
from projects.models import Project

Kind = SyncRun.Kind


class Place(msgspec.Struct, frozen=True):
    """Where something is missing, how much, and why."""

    integration_id: int
    provider: str
    scope: str
    n: int
    says: str


def stale_sources(project: Project) -> list[Place]:
    return [
        Place(source.integration_id, source.provider, source.scope, 1, source.sentence)
        for source in sources_of(project)
        if source.stale
    ]


def gaps_in_receipts(project: Project) -> list[Place]:
    return [
        _place(run.integration, 1, f"{_named(run)}: {sentence}")
        for run in _receipts(project)
        for sentence in run.gaps
    ]


def differing_totals(project: Project) -> list[Place]:
    newest: dict[int, SyncRun] = {}
    for run in _receipts(project):
        newest.setdefault(run.integration_id, run)
    return [place for run in newest.values() for place in _differing(run)]


def _differing(run: SyncRun) -> Iterator[Place]:
    upstream, local = run.upstream_total, run.local_total
    if upstream is not None and local is not None and upstream != local:
        told = f" on {run.upstream_total_at:%d %B %Y, %H:%M} UTC" if run.upstream_total_at else ""
        says = f"The tracker counted {upstream} issues{told}, here are {local}."
        yield _place(run.integration, abs(upstream - local), says)


def quarantined(project: Project) -> list[Place]:
    held = QuarantinedRecord.objects.filter(integration__in=Integration.objects.of(project))
    by_feed = held.values("integration", "feed").annotate(n=Count("pk"))
    integrations = Integration.objects.of(project).in_bulk()
    return [
        _place(integrations[row["integration"]], row["n"], f"{row['n']} of {row['feed']}.")
        for row in by_feed.order_by("integration", "feed")
    ]


def unread_feeds(project: Project) -> list[Place]:
    cursors = FeedCursor.objects.filter(integration__in=Integration.objects.of(project))
    noted = cursors.exclude(note="").select_related("integration").order_by("integration", "feed")
    return [_place(each.integration, 1, f"{each.feed}: {each.note}") for each in noted]


def _receipts(project: Project) -> list[SyncRun]:
    """Of each integration the last run that asked its tracker and came to its end, and before it
    the last census: newest first."""
    ended = SyncRun.objects.filter(integration=OuterRef("pk"), state__in=SyncRun.READ_STATES)
    asked = ended.exclude(kind=Kind.RENORMALISE).order_by("-pk").values("pk")
    last, census = Subquery(asked[:1]), Subquery(asked.filter(kind=Kind.CENSUS)[:1])
    pairs = Integration.objects.of(project).annotate(last=last, census=census)
    ids = {pk for pair in pairs.values_list("last", "census") for pk in pair if pk}
    runs = SyncRun.objects.filter(pk__in=ids).select_related("integration")
    return list(runs.order_by("integration", "-pk"))


def _named(run: SyncRun) -> str:
    kind = "Census" if run.kind == Kind.CENSUS else "Sync"
    return f"{kind} of {run.finished_at or run.created_at:%d %B %Y, %H:%M} UTC"


def _place(integration: Integration, n: int, says: str) -> Place:
    return Place(integration.pk, integration.provider, integration.scope, n, says)
