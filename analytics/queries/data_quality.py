"""What is odd about the data that the numbers are made of: what it means, and what to do."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

import msgspec
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.utils import timezone

from analytics.facts.status_timeline import Anomaly
from analytics.models import IssueFacts
from analytics.queries.source_freshness import sources_of
from integrations.models import FeedCursor, Integration, QuarantinedRecord, SyncRun
from issues.models import Issue, IssueQuerySet, Transition
from projects.models import Project

Kind = SyncRun.Kind


class SourceProblem(msgspec.Struct, frozen=True):
    """Where something is missing, how much, and why."""

    integration_id: int
    provider: str
    scope: str
    n: int
    says: str


def stale_sources(project: Project) -> list[SourceProblem]:
    return [
        SourceProblem(source.integration_id, source.provider, source.scope, 1, source.sentence)
        for source in sources_of(project)
        if source.stale
    ]


def gaps_in_receipts(project: Project) -> list[SourceProblem]:
    return [
        _place(run.integration, 1, f"{_named(run)}: {sentence}")
        for run in _receipts(project)
        for sentence in run.gaps
    ]


def differing_totals(project: Project) -> list[SourceProblem]:
    newest: dict[int, SyncRun] = {}
    for run in _receipts(project):
        newest.setdefault(run.integration_id, run)
    return [place for run in newest.values() for place in _differing(run)]


def _differing(run: SyncRun) -> Iterator[SourceProblem]:
    upstream, local = run.upstream_total, run.local_total
    if upstream is not None and local is not None and upstream != local:
        told = f" on {run.upstream_total_at:%d %B %Y, %H:%M} UTC" if run.upstream_total_at else ""
        says = f"The tracker counted {upstream} issues{told}, here are {local}."
        yield _place(run.integration, abs(upstream - local), says)


def quarantined(project: Project) -> list[SourceProblem]:
    held = QuarantinedRecord.objects.filter(integration__in=Integration.objects.of(project))
    by_feed = held.values("integration", "feed").annotate(n=Count("pk"))
    integrations = Integration.objects.of(project).in_bulk()
    return [
        _place(integrations[row["integration"]], row["n"], f"{row['n']} of {row['feed']}.")
        for row in by_feed.order_by("integration", "feed")
    ]


def unread_feeds(project: Project) -> list[SourceProblem]:
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


def _place(integration: Integration, n: int, says: str) -> SourceProblem:
    return SourceProblem(integration.pk, integration.provider, integration.scope, n, says)


ISSUES = "analytics/data-quality/{}/issues/"
FORGOTTEN_AFTER = timedelta(days=365)
CLOCKS_DIFFER_BY = timedelta(minutes=5)
"""What lies less ahead is no date in the future."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    says: str
    n: int
    issues: str | None = None
    """Where the exact issues are listed; None: they are not what is odd."""
    places: list[SourceProblem] = []

    def linked(self, base: str) -> "Finding":
        """With the whole address of its issues."""
        address = self.issues and base + self.issues
        return msgspec.structs.replace(self, issues=address)


# --- of issues -----------------------------------------------------------------------------------

Look = Callable[[Project], IssueQuerySet]


def _with(anomaly: Anomaly) -> Look:
    def look(project: Project) -> IssueQuerySet:
        odd = IssueFacts.objects.filter(project=project).with_anomaly(anomaly)
        return _counted(project).filter(pk__in=odd.values("pk"))

    return look


def _counted(project: Project) -> IssueQuerySet:
    return Issue.objects.of_project(project).present()


def _forgotten(project: Project) -> IssueQuerySet:
    """Only of work in progress: that something waits to be begun for years is a backlog."""
    since = timezone.now() - FORGOTTEN_AFTER
    moved = Transition.objects.filter(issue=OuterRef("pk"), field="status", occurred_at__gt=since)
    old = _counted(project).filter(status=Issue.Status.IN_PROGRESS, opened_at__lt=since)
    return old.filter(~Exists(moved))


def _in_the_future(project: Project) -> IssueQuerySet:
    now = timezone.now() + CLOCKS_DIFFER_BY
    closed_later = Q(status=Issue.Status.DONE, closed_at__gt=now)
    later = Q(opened_at__gt=now) | Q(source_updated_at__gt=now) | closed_later
    return _counted(project).filter(later)


def _without_author(project: Project) -> IssueQuerySet:
    return _counted(project).filter(author=None)


ISSUE_FINDINGS: Mapping[str, Look] = {
    **{anomaly.value: _with(anomaly) for anomaly in Anomaly},
    "status_never_left": _forgotten,
    "date_in_the_future": _in_the_future,
    "without_author": _without_author,
}

# --- all of them ---------------------------------------------------------------------------------

TRACKER_FINDINGS: Mapping[str, Callable[[Project], list[SourceProblem]]] = {
    "stale_source": stale_sources,
    "gaps": gaps_in_receipts,
    "totals_differ": differing_totals,
    "quarantine": quarantined,
    "unread_feed": unread_feeds,
}
_SYNC = "POST sync/ reads what is missing; if it stays, the tracker does not tell."
SAYS: Mapping[str, str] = {
    "closed_before_opened": "Closed before they were opened, by the tracker's own dates, mostly "
    "after an import: their time to close is not counted. Correct the dates in the tracker where "
    "it matters.",
    "history_before_opening": "Imported: their history begins before they were opened. Their "
    "durations are not counted; there is nothing to do.",
    "opened_as_done": "Their history begins in a status that means done; until its first change "
    "they are taken as open. See at integrations/{iid}/statuses/ whether it means done.",
    "unknown_status": "Went through a status whose meaning is not known, as if it had changed "
    "nothing. A census (POST sync/ with kind census) asks the tracker what its statuses mean.",
    "closed_undated": "Done, and nobody tells since when: they count as closed, on no day and in "
    f"no duration. Mostly a maintainer decided that their status means done. Else: {_SYNC}",
    "reopened_undated": "Open, though their history ends as done: reopened, it is assumed, at "
    f"their last change. {_SYNC}",
    "status_unexplained": "In another status than their history ends with: changed, it is "
    f"assumed, at their last change. {_SYNC}",
    "closed_at_contradicts_history": "The tracker says that they were closed when by their history "
    "they were not: the history is believed. There is nothing to do.",
    "status_never_left": "In progress, and for more than a year in the same status: probably "
    "forgotten. They make work in progress look older than it is. Close them in the tracker, or "
    "put them back.",
    "date_in_the_future": "Opened, closed or changed in the future: they count on those days. "
    "Correct the dates in the tracker, and see that its clock and the one here are right.",
    "without_author": "Nobody knows who opened them (the account is gone, or it was an import): "
    "whoever comments first counts as the first response. There is nothing to do.",
    "stale_source": "Not read for longer than three sync intervals, or in trouble: the numbers "
    "lack what changed there since. Each says what to do.",
    "gaps": "What the last sync and the last census could not read. Each says why; the next "
    "census makes up for what passes by itself.",
    "totals_differ": "The tracker counts more or fewer issues than are here. A census (POST sync/ "
    "with kind census) looks for the difference.",
    "quarantine": "Came in a form that could not be read, so they are kept and not counted. Their "
    "next version may be readable; after a fix `manage.py replay_quarantine` lets them in.",
    "unread_feed": "A part of the history that the tracker does not offer: what rests on it is "
    "missing from the numbers. Each says why.",
}


def find_all(project: Project) -> list[Finding]:
    """Every finding, also those of which there is none: so much was looked for."""
    of_issues = (_of_issues(name, look(project)) for name, look in ISSUE_FINDINGS.items())
    of_trackers = (_of_places(name, look(project)) for name, look in TRACKER_FINDINGS.items())
    return [*of_issues, *of_trackers]


def _of_issues(name: str, issues: IssueQuerySet) -> Finding:
    return Finding(id=name, says=SAYS[name], n=issues.count(), issues=ISSUES.format(name))


def _of_places(name: str, places: list[SourceProblem]) -> Finding:
    return Finding(id=name, says=SAYS[name], n=sum(place.n for place in places), places=places)
