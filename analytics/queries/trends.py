"""Trends: a metric over time, for the project or for each group of issues."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any

import msgspec
from django.db.models.functions import Coalesce

from analytics.facts.daily_totals import Change, add_facts, new_change
from analytics.facts.date_windows import Window, periods, window_of_change
from analytics.metrics import Metric, Value
from analytics.queries.query_params import MetricQuery
from analytics.queries.summary import Freshness, freshness_of
from issues.models import Issue, IssueAssignee, IssueLabel

MAX_GROUPS = 20
CHUNK = 2000


class Point(msgspec.Struct, frozen=True, kw_only=True):
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    complete: bool
    """False if the period has not ended yet."""
    value: float | None
    n: int
    excluded_counts: Mapping[str, int]
    spread: Any = None
    business_hours: Any = None
    detail: Mapping[str, Any] | None = None


class Series(msgspec.Struct, frozen=True, kw_only=True):
    group: str | None
    n: int
    points: list[Point]


class Trends(msgspec.Struct, frozen=True, kw_only=True):
    project_id: int
    metric: str
    version: int
    unit: str
    definition: str
    outcomes: str
    interval: str
    by: str | None
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    time_zone: str
    series: list[Series]
    groups_left_out: int
    """Number of groups beyond the first 20; request one with its filter."""
    freshness: Freshness


def trends(
    query: MetricQuery,
    metric: Metric,
    interval: str,
    by: str | None,
    *,
    limit: int | None = MAX_GROUPS,
) -> Trends:
    windows = {None: query.window(metric)} if by is None else _by_group(query, metric, by)
    series = [_series(query, metric, interval, group, w) for group, w in windows.items()]
    series.sort(key=lambda each: (-each.n, each.group or ""))
    return Trends(
        project_id=query.project.pk,
        metric=metric.id,
        version=metric.version,
        unit=metric.unit,
        definition=metric.definition,
        outcomes=metric.outcomes,
        interval=interval,
        by=by,
        first=query.first,
        last=query.last,
        time_zone=query.project.time_zone,
        series=series[:limit],
        groups_left_out=len(series) - len(series[:limit]),
        freshness=freshness_of(query.project),
    )


def _series(
    query: MetricQuery, metric: Metric, interval: str, group: str | None, window: Window
) -> Series:
    spans = list(periods(query.first, query.last, interval))
    parts = window.split(spans)
    points = [_point(part, metric.over(part)) for part in parts]
    return Series(group=group, n=metric.over(window).n, points=points)


def _point(window: Window, value: Value) -> Point:
    return Point(
        first=window.first,
        last=window.last,
        complete=window.last < window.today,
        value=value.value,
        n=value.n,
        excluded_counts=value.excluded,
        spread=value.spread,
        business_hours=value.working,
        detail=value.detail,
    )


def _by_group(query: MetricQuery, metric: Metric, by: str) -> dict[str | None, Window]:
    facts = query.facts_for(metric)
    changes: dict[str, Change] = {}
    while part := list(islice(facts, CHUNK)):
        groups = _groups([each.issue_id for each in part], by)
        for each in part:
            for group in groups.get(each.issue_id, ()):
                add_facts(changes.setdefault(group, new_change()), each, 1)
    return {
        group: window_of_change(change, query.first, query.last, query.today)
        for group, change in changes.items()
    }


def _groups(issue_ids: Sequence[int], by: str) -> Mapping[int, set[str]]:
    """Return the groups of each issue; accounts of one person form one group."""
    pairs: Iterable[tuple[int, str]]
    if by == "label":
        labelled = IssueLabel.objects.filter(issue__in=issue_ids)
        pairs = labelled.values_list("issue_id", "label__name")
    elif by == "assignee":
        login = Coalesce("person__identity__login", "person__login")
        assigned = IssueAssignee.objects.filter(issue__in=issue_ids).annotate(login=login)
        pairs = assigned.values_list("issue_id", "login")
    else:
        pairs = Issue.objects.filter(pk__in=issue_ids).values_list("pk", by)
    groups: dict[int, set[str]] = {}
    for issue_id, group in pairs:
        groups.setdefault(issue_id, set()).add(group)
    return groups
