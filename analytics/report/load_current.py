"""Loading of the report's current data: counted while streaming, or grouped in SQL."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce

from analytics.charts.data import Aging, OldIssue, PersonLoad, Workload
from analytics.facts.histograms import bucket_of
from analytics.facts.issue_facts import DELIVERED
from analytics.metrics import current
from analytics.models import IssueFacts
from analytics.queries.query_params import MetricQuery
from issues.models import Issue, IssueAssignee, Person

MOST_COLUMNS = 6
OTHER = "other"
OLDEST = 12
NAMED = 100
"""Limit of people whose names are looked up, most issues first."""
STREAMED = 2000
"""Rows fetched at once."""


def read_aging(query: MetricQuery) -> Aging:
    in_progress = IssueFacts.objects.filter(project=query.project, status=Issue.Status.IN_PROGRESS)
    dated = in_progress.filter(started_at__isnull=False)
    return Aging(
        columns=_columns(query, dated),
        past=_past(query),
        oldest=_oldest(query, dated),
        undated=in_progress.filter(started_at=None).count(),
    )


def _columns(query: MetricQuery, dated: QuerySet[IssueFacts]) -> dict[str, Counter[int]]:
    ages: dict[str, Counter[int]] = defaultdict(Counter)
    rows = dated.values_list("issue__source_status", "started_at")
    for word, started in rows.iterator(STREAMED):
        if started:
            age = max(0, int((query.now - started).total_seconds()))
            ages[word][bucket_of(age)] += 1
    words = sorted(ages, key=lambda word: (-ages[word].total(), word))
    shown = {word: ages[word] for word in words[:MOST_COLUMNS]}
    if len(words) > MOST_COLUMNS:
        shown.pop(words[MOST_COLUMNS - 1])
        shown[OTHER] = sum((ages[word] for word in words[MOST_COLUMNS - 1 :]), Counter[int]())
    return shown


def _past(query: MetricQuery) -> Counter[int]:
    closed = IssueFacts.objects.filter(
        project=query.project,
        closed_day__gte=query.today - current.COMPARED_WITH,
        outcome__in=DELIVERED,
        elapsed_seconds__gt=0,
    )
    lasted = closed.values_list("elapsed_seconds", flat=True).iterator(STREAMED)
    return Counter(bucket_of(seconds or 0) for seconds in lasted)


def _oldest(query: MetricQuery, dated: QuerySet[IssueFacts]) -> list[OldIssue]:
    columns = ("issue__key", "issue__title", "issue__url", "issue__source_status", "started_at")
    shown = dated.order_by("started_at", "pk").values_list(*columns)[:OLDEST]
    return [
        OldIssue(key, title, url, word, (query.now - started).total_seconds())
        for key, title, url, word, started in shown
        if started
    ]


def read_workload(query: MetricQuery) -> Workload:
    still_open = Q(issue__facts__status__in=current.OPEN_STATUSES)
    in_project = Q(issue__facts__project=query.project)
    assigned = IssueAssignee.objects.filter(in_project & still_open)
    working = Q(issue__facts__status=Issue.Status.IN_PROGRESS)
    people = (
        assigned.annotate(who=Coalesce(F("person__identity_id"), F("person_id")))
        .values_list("who")
        .annotate(
            open=Count("issue_id", distinct=True),
            in_progress=Count("issue_id", distinct=True, filter=working),
        )
        .order_by("-open", "-in_progress", "who")
    )
    facts = IssueFacts.objects.filter(project=query.project)
    n = facts.filter(status__in=current.OPEN_STATUSES).count()
    is_named = query.options.get("by") == "person"
    return Workload(
        people=_named(list(people), is_named=is_named),
        open=n,
        unassigned=n - assigned.aggregate(n=Count("issue_id", distinct=True))["n"],
        is_named=is_named,
    )


def _named(people: Sequence[tuple[int, int, int]], *, is_named: bool) -> list[PersonLoad]:
    if not is_named:
        return [PersonLoad(n, in_progress) for _, n, in_progress in people]
    named = Person.objects.filter(pk__in=[who for who, _, _ in people[:NAMED]])
    logins = dict(named.values_list("pk", "login"))
    return [PersonLoad(n, in_progress, logins.get(who, "")) for who, n, in_progress in people]
