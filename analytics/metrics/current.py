"""Current values of metrics, computed issue by issue."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from django.db.models import Min, QuerySet, Sum
from django.db.models.functions import Coalesce

from analytics.facts.histograms import ENOUGH
from analytics.facts.issue_facts import DELIVERED as DELIVERED_OUTCOMES
from analytics.metrics.base import MetricContext, OpenCohort, Spread, Value
from analytics.models import AnalyticsSummary, IssueFacts
from issues.models import Comment, Issue, IssueAssignee, Person, Transition, is_counted_as_bot

OPEN_STATUSES = (Issue.Status.TODO, Issue.Status.IN_PROGRESS)
COMPARED_WITH = timedelta(days=365)
"""Closure age up to which closed issues are compared with open ones."""
SHOWN = 50
STALE_SAMPLE = 1000
STALE_FACTOR = 3.0
STALE_DEFAULT = timedelta(days=30)
RECENT = timedelta(days=90)


# --- waiting -------------------------------------------------------------------------------------


def unanswered(context: MetricContext) -> Value:
    """Count open issues without a first response."""
    waiting = waiting_for_response(context)
    return Value(value=waiting.n, n=waiting.n, waiting=waiting)


def waiting_for_response(context: MetricContext) -> OpenCohort:
    unanswered = context.facts.filter(status__in=OPEN_STATUSES, response_day=None)
    return _waiting(context, "cohort_unanswered", unanswered)


def waiting_for_closing(context: MetricContext) -> OpenCohort:
    return _waiting(context, "cohort_open", context.facts.filter(status__in=OPEN_STATUSES))


def _waiting(context: MetricContext, column: str, facts: QuerySet[IssueFacts]) -> OpenCohort:
    # For a whole project, daily rows give the number and the opening day of the oldest.
    if context.is_whole:
        rows = AnalyticsSummary.objects.filter(project=context.project, **{f"{column}__gt": 0})
        found = rows.aggregate(n=Sum(column), first=Min("day"))
        n, facts = found["n"] or 0, facts.filter(opened_day=found["first"])
    else:
        n = facts.count()
    oldest = facts.aggregate(oldest=Min("issue__opened_at"))["oldest"] if n else None
    return OpenCohort(n=n, oldest_seconds=_seconds(context.now - oldest) if oldest else None)


# --- aging ---------------------------------------------------------------------------------------


def aging_wip(context: MetricContext) -> Value:
    """Measure the age of issues in progress, compared with the project's closed issues."""
    ages = aging(context)
    values = sorted(each["age_seconds"] for each in ages)
    return Value(
        value=exact(values, 50) if len(values) >= ENOUGH else None,
        n=len(values),
        spread=exact_spread(values),
        detail={"oldest": ages[:SHOWN], "left_out": max(0, len(ages) - SHOWN)},
    )


def aging(context: MetricContext) -> list[dict[str, Any]]:
    """List issues in progress, oldest first: id, key, title, age and its percentile."""
    in_progress = context.facts.filter(status=Issue.Status.IN_PROGRESS, started_at__isnull=False)
    columns = ("issue_id", "issue__key", "issue__title", "issue__type", "started_at")
    rows = list(in_progress.order_by("started_at", "issue_id").values_list(*columns))
    past = _past_elapsed(context) if rows else {}
    return [
        {
            "id": pk,
            "key": key,
            "title": title,
            "age_seconds": _seconds(context.now - started),
            "percentile": _percentile(past, kind, _seconds(context.now - started)),
        }
        for pk, key, title, kind, started in rows
    ]


def _past_elapsed(context: MetricContext) -> dict[str | None, list[int]]:
    """Return sorted seconds from first work to closure, by type; all types under None."""
    since = context.calendar.today(context.now) - COMPARED_WITH
    closed = IssueFacts.objects.filter(
        project=context.project,
        closed_day__gte=since,
        outcome__in=DELIVERED_OUTCOMES,
        elapsed_seconds__isnull=False,
    )
    past: dict[str | None, list[int]] = defaultdict(list)
    columns = ("issue__type", "elapsed_seconds")
    for kind, seconds in closed.order_by("elapsed_seconds").values_list(*columns):
        past[kind].append(seconds or 0)
        past[None].append(seconds or 0)
    return past


def _percentile(past: dict[str | None, list[int]], kind: str, age: float) -> float | None:
    """Return the percentage of past issues that took no longer than `age`.

    Compares with the same type, or with all types if there are too few; None if still too few.
    """
    for group in (kind, None):
        durations = past.get(group, [])
        if len(durations) >= ENOUGH:
            return 100 * bisect_right(durations, age) / len(durations)
    return None


# --- stale ---------------------------------------------------------------------------------------


def stale(context: MetricContext) -> Value:
    """Count open issues without activity by people for `factor` times the usual gap."""
    limit, gap, gaps = _stale_threshold(context)
    ids = _stale_since(context, context.now - limit)
    return Value(
        value=len(ids),
        n=len(ids),
        detail={
            "after_seconds": _seconds(limit),
            "median_gap_seconds": gap,
            "gaps": gaps,
            "factor": context.options.get("factor", STALE_FACTOR),
            "issues": sorted(ids)[:SHOWN],
            "left_out": max(0, len(ids) - SHOWN),
        },
    )


def stale_now(context: MetricContext) -> list[int]:
    """Return the ids of stale issues."""
    return _stale_since(context, context.now - _stale_threshold(context)[0])


def _stale_threshold(context: MetricContext) -> tuple[timedelta, float | None, int]:
    """Return the stale threshold, the median gap in seconds and the number of gaps."""
    gap, gaps = _usual_gap(context)
    if gap is None:
        return STALE_DEFAULT, None, gaps
    return timedelta(seconds=context.options.get("factor", STALE_FACTOR) * gap), gap, gaps


def _stale_since(context: MetricContext, since: datetime) -> list[int]:
    """Return ids of open issues without activity by people since then."""
    still_open = context.facts.filter(status__in=OPEN_STATUSES, issue__opened_at__lt=since)
    untouched = still_open.filter(issue__source_updated_at__lt=since)
    ids = set(untouched.values_list("issue_id", flat=True))
    # Changed since, but maybe only by bots.
    doubtful = set(still_open.values_list("issue_id", flat=True)) - ids
    by_people = {pk for pk, at in _touches(doubtful) if at >= since}
    return sorted(ids | (doubtful - by_people))


def _usual_gap(context: MetricContext) -> tuple[float | None, int]:
    """Return the median gap between actions, in seconds, and the number of gaps."""
    recent = (
        Issue.objects.of_project(context.project)
        .present()
        .filter(source_updated_at__gte=context.now - RECENT)
    )
    newest = recent.order_by("-source_updated_at").values_list("pk", "opened_at")[:STALE_SAMPLE]
    touches = {pk: [opened] for pk, opened in newest}
    for pk, at in _touches(touches):
        touches[pk].append(at)
    gaps = [gap for moments in touches.values() for gap in _gaps(sorted(moments))]
    return (median(gaps) if len(gaps) >= ENOUGH else None), len(gaps)


def _gaps(moments: Sequence[datetime]) -> Iterable[float]:
    pairs = pairwise(moments)
    return (_seconds(later - earlier) for earlier, later in pairs if later > earlier)


def _touches(issue_ids: Iterable[int]) -> Iterable[tuple[int, datetime]]:
    """Yield (issue id, time) for comments and changes by people, not bots."""
    ids = list(issue_ids)
    for start in range(0, len(ids), 500):
        chunk = ids[start : start + 500]
        comments = Comment.objects.filter(issue__in=chunk, removed_at=None, author__isnull=False)
        changes = Transition.objects.filter(issue__in=chunk, actor__isnull=False)
        by_people = comments.exclude(is_counted_as_bot("author"))
        yield from by_people.values_list("issue_id", "commented_at")
        changed = changes.exclude(is_counted_as_bot("actor"))
        yield from changed.values_list("issue_id", "occurred_at")


# --- workload ------------------------------------------------------------------------------------


def workload(context: MetricContext) -> Value:
    """Count open and in-progress issues per assignee; with names only on request."""
    still_open = context.facts.filter(status__in=OPEN_STATUSES)
    assigned = IssueAssignee.objects.filter(issue__in=still_open.values("issue_id"))
    person = Coalesce("person__identity_id", "person_id")
    pairs = assigned.annotate(who=person).values_list("who", "issue_id", "issue__status").distinct()
    has, works_on, busy = Counter[int](), Counter[int](), set[int]()
    for who, issue_id, status in pairs:
        has[who] += 1
        works_on[who] += status == Issue.Status.IN_PROGRESS
        busy.add(issue_id)
    n = still_open.count()
    detail = {
        "assignees": len(has),
        "unassigned": n - len(busy),
        "open_per_assignee": _shape(has.values()),
        "in_progress_per_assignee": _shape(works_on[who] for who in has),
    }
    if context.options.get("by") == "person":
        detail["people"] = _named(has, works_on)
    return Value(value=median(has.values()) if has else None, n=n, detail=detail)


def _shape(counts: Iterable[int]) -> dict[str, float | None]:
    values = sorted(counts)
    if not values:
        return {"median": None, "highest": None}
    return {"median": median(values), "highest": values[-1]}


def _named(has: Counter[int], works_on: Counter[int]) -> list[dict[str, object]]:
    people = Person.objects.filter(pk__in=has)
    logins = dict(people.values_list("pk", "login"))
    return [
        {"person_id": pk, "login": login, "open": has[pk], "in_progress": works_on[pk]}
        for pk, login in sorted(logins.items(), key=lambda pair: (-has[pair[0]], pair[1]))
    ]


# --- exact spreads -------------------------------------------------------------------------------


def exact_spread(values: Sequence[float]) -> Spread:
    """Compute the spread of values in ascending order."""
    enough = len(values) >= ENOUGH
    p50, p75, p90 = (exact(values, percent) if enough else None for percent in (50, 75, 90))
    average = sum(values) / len(values) if values else None
    return Spread(average=average, p50=p50, p75=p75, p90=p90, insufficient_data=not enough)


def exact(values: Sequence[float], percent: int) -> float:
    """Return the percentile of ascending values, by nearest rank."""
    return values[max(1, -(-percent * len(values) // 100)) - 1]


def _seconds(span: timedelta) -> float:
    return span.total_seconds()
