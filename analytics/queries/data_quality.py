"""Data quality findings, with their meaning and fix."""

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
    """Problem of one source: where, how many records, and why."""

    integration_id: int
    provider: str
    scope: str
    n: int
    message: str


def stale_sources(project: Project) -> list[SourceProblem]:
    return [
        SourceProblem(source.integration_id, source.provider, source.scope, 1, source.message)
        for source in sources_of(project)
        if source.stale
    ]


def gaps_in_receipts(project: Project) -> list[SourceProblem]:
    return [
        _problem(run.integration, 1, f"{_named(run)}: {sentence}")
        for run in _receipts(project)
        for sentence in run.gaps
    ]


def differing_totals(project: Project) -> list[SourceProblem]:
    newest: dict[int, SyncRun] = {}
    for run in _receipts(project):
        newest.setdefault(run.integration_id, run)
    return [problem for run in newest.values() for problem in _differing(run)]


def _differing(run: SyncRun) -> Iterator[SourceProblem]:
    upstream, local = run.upstream_total, run.local_total
    if upstream is not None and local is not None and upstream != local:
        at = f" on {run.upstream_total_at:%d %B %Y, %H:%M} UTC" if run.upstream_total_at else ""
        message = f"The tracker counted {upstream} issues{at}; {local} are stored here."
        yield _problem(run.integration, abs(upstream - local), message)


def quarantined(project: Project) -> list[SourceProblem]:
    held = QuarantinedRecord.objects.filter(integration__in=Integration.objects.of(project))
    by_feed = held.values("integration", "feed").annotate(n=Count("pk"))
    integrations = Integration.objects.of(project).in_bulk()
    return [
        _problem(
            integrations[row["integration"]],
            row["n"],
            f"Records of feed {row['feed']}: {row['n']}.",
        )
        for row in by_feed.order_by("integration", "feed")
    ]


def unread_feeds(project: Project) -> list[SourceProblem]:
    cursors = FeedCursor.objects.filter(integration__in=Integration.objects.of(project))
    noted = cursors.exclude(note="").select_related("integration").order_by("integration", "feed")
    return [_problem(each.integration, 1, f"{each.feed}: {each.note}") for each in noted]


def _receipts(project: Project) -> list[SyncRun]:
    """Return each integration's last completed run and last census, newest first.

    Runs that sent no requests to the tracker are ignored.
    """
    ended = SyncRun.objects.filter(integration=OuterRef("pk"), state__in=SyncRun.READ_STATES)
    read = ended.exclude(kind=Kind.REMAP).order_by("-pk").values("pk")
    last, census = Subquery(read[:1]), Subquery(read.filter(kind=Kind.CENSUS)[:1])
    pairs = Integration.objects.of(project).annotate(last=last, census=census)
    ids = {pk for pair in pairs.values_list("last", "census") for pk in pair if pk}
    runs = SyncRun.objects.filter(pk__in=ids).select_related("integration")
    return list(runs.order_by("integration", "-pk"))


def _named(run: SyncRun) -> str:
    kind = "Census" if run.kind == Kind.CENSUS else "Sync"
    return f"{kind} of {run.finished_at or run.created_at:%d %B %Y, %H:%M} UTC"


def _problem(integration: Integration, n: int, message: str) -> SourceProblem:
    return SourceProblem(integration.pk, integration.provider, integration.scope, n, message)


ISSUES = "analytics/data-quality/{}/issues/"
FORGOTTEN_AFTER = timedelta(days=365)
CLOCKS_DIFFER_BY = timedelta(minutes=5)
"""Smallest distance of a date in the future."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    message: str
    n: int
    issues: str | None = None
    """Path of the list of affected issues; None for problems of sources."""
    problems: list[SourceProblem] = []

    def linked(self, base: str) -> "Finding":
        """Return a copy with the absolute URL of the issues."""
        address = self.issues and base + self.issues
        return msgspec.structs.replace(self, issues=address)


# --- of issues -----------------------------------------------------------------------------------

IssueFinder = Callable[[Project], IssueQuerySet]


def _with(anomaly: Anomaly) -> IssueFinder:
    def find(project: Project) -> IssueQuerySet:
        odd = IssueFacts.objects.filter(project=project).with_anomaly(anomaly)
        return _counted(project).filter(pk__in=odd.values("pk"))

    return find


def _counted(project: Project) -> IssueQuerySet:
    return Issue.objects.of_project(project).present()


def _forgotten(project: Project) -> IssueQuerySet:
    """Select issues in progress without a status change for a year.

    Issues that have not been started yet are backlog, not forgotten.
    """
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


ISSUE_FINDINGS: Mapping[str, IssueFinder] = {
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
_SYNC = "Run a sync (POST sync/). If this remains, the tracker does not provide the data."
SAYS: Mapping[str, str] = {
    "closed_before_opened": "The tracker's dates say that these issues were closed before they "
    "were opened, usually after an import. Their time to close is not counted. Correct the dates "
    "in the tracker if they matter to you.",
    "history_before_opening": "These issues were imported: their history begins before they were "
    "opened. Their durations are not counted. You do not need to do anything.",
    "opened_as_done": "The history of these issues begins in a status that means done. They count "
    "as open until the first status change. Check at integrations/{iid}/statuses/ that this "
    "status means done.",
    "unknown_status": "The history of these issues contains an unknown status, which is ignored. "
    "Run a census (POST sync/ with kind census): it reads the meaning of all statuses.",
    "closed_undated": "These issues are done, but have no closing date. They count as closed, but "
    "on no day and in no duration. Usually a maintainer decided that their status means done. If "
    f"not: {_SYNC}",
    "reopened_undated": "These issues are open, but their history ends as done. Their last change "
    f"is used as the time of reopening. {_SYNC}",
    "status_unexplained": "The status of these issues differs from the last status of their "
    f"history. Their last change is used as the time of the status change. {_SYNC}",
    "closed_at_contradicts_history": "The tracker's closing date contradicts the history of these "
    "issues. The history is used. You do not need to do anything.",
    "status_never_left": "These issues are in progress, but their status has not changed for more "
    "than a year: they are probably forgotten, and make work in progress look older than it is. "
    "Close them in the tracker, or move them back to the backlog.",
    "date_in_the_future": "These issues were opened, closed or changed on a date in the future, "
    "and count on that day. Correct the dates in the tracker, and check its clock and the clock "
    "of this server.",
    "without_author": "The author of these issues is unknown: the account was deleted, or the "
    "issues were imported. The first comment counts as the first response. You do not need to do "
    "anything.",
    "stale_source": "These sources have not been read for more than three sync intervals, or their "
    "syncs fail. The numbers lack their latest changes. Follow the instructions of each source.",
    "gaps": "The last sync and the last census could not read everything. Each entry gives the "
    "reason. The next census fills gaps that have a temporary cause.",
    "totals_differ": "The tracker has more or fewer issues than are stored here. Run a census "
    "(POST sync/ with kind census) to find the difference.",
    "quarantine": "These records could not be read. They are stored, but not counted. The next "
    "version from the tracker may be readable. After a fix, run `manage.py replay_quarantine`.",
    "unread_feed": "The tracker does not provide a part of the history, so the numbers that depend "
    "on it are incomplete. Each entry gives the reason.",
}


def find_all(project: Project) -> list[Finding]:
    """Return all findings; also those with zero cases, to show what was checked."""
    of_issues = (_of_issues(name, find(project)) for name, find in ISSUE_FINDINGS.items())
    of_trackers = (_of_sources(name, find(project)) for name, find in TRACKER_FINDINGS.items())
    return [*of_issues, *of_trackers]


def _of_issues(name: str, issues: IssueQuerySet) -> Finding:
    return Finding(id=name, message=SAYS[name], n=issues.count(), issues=ISSUES.format(name))


def _of_sources(name: str, places: list[SourceProblem]) -> Finding:
    return Finding(
        id=name, message=SAYS[name], n=sum(problem.n for problem in places), problems=places
    )
