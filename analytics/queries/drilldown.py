"""Drill-down: the issues counted by a metric."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from analytics.facts.fact_store import read_facts
from analytics.facts.issue_facts import Facts
from analytics.metrics import Metric, current
from analytics.metrics.membership import reasons_to_exclude
from analytics.queries.query_params import MetricQuery
from issues.models import Issue

CHUNK = 500


class Behind(msgspec.Struct, frozen=True, kw_only=True):
    """Issue that a metric counted or excluded, and its contribution."""

    id: int
    key: str
    title: str
    url: str
    provider: str
    status: str
    outcome: str | None
    value: float | None
    excluded_reason: str | None
    anomalies: list[str]


def issues_behind(
    query: MetricQuery, metric: Metric, *, excluded: bool, after: int, limit: int
) -> list[Behind]:
    """Return up to `limit` issues ordered by id, after id `after`."""
    found = islice(_counted(query, metric, excluded=excluded, after=after), limit)
    return _shown(list(found), metric)


def all_behind(query: MetricQuery, metric: Metric, *, excluded: bool) -> Iterator[Behind]:
    """Yield all issues; holds one chunk in memory."""
    found = _counted(query, metric, excluded=excluded, after=0)
    while part := list(islice(found, CHUNK)):
        yield from _shown(part, metric)


def _counted(query: MetricQuery, metric: Metric, *, excluded: bool, after: int) -> Iterator[Facts]:
    first, last, rows = query.candidates(metric)
    if metric.id == "stale":
        rows = rows.filter(pk__in=current.stale_now(query.scope))
    if not excluded:
        candidates = read_facts(rows, after=after)
        return (facts for facts in candidates if metric.includes(facts, first, last))
    candidates = read_facts(rows.filter(excluded__has_key=metric.id), after=after)
    return (each for each in candidates if reasons_to_exclude(each, metric.id, first, last))


def _shown(found: list[Facts], metric: Metric) -> list[Behind]:
    columns = ("key", "title", "url", "provider")
    issues = Issue.objects.filter(pk__in=[facts.issue_id for facts in found])
    names: dict[int, tuple[Any, ...]] = {
        pk: tuple(rest) for pk, *rest in issues.values_list("pk", *columns)
    }
    return [
        Behind(
            id=facts.issue_id,
            **dict(zip(columns, names[facts.issue_id], strict=True)),
            status=facts.status,
            outcome=facts.outcome,
            value=metric.issue_value(facts),
            excluded_reason=facts.excluded.get(metric.id),
            anomalies=facts.anomalies,
        )
        for facts in found
        if facts.issue_id in names
    ]
