"""The exact issues behind a number."""

from collections.abc import Iterator
from typing import Any

import msgspec

from analytics.asking import Asked
from analytics.facts import Facts
from analytics.ledger import read_facts
from analytics.metrics import Metric, present
from analytics.metrics.behind import reasons_to_exclude
from issues.models import Issue


class Behind(msgspec.Struct, frozen=True, kw_only=True):
    """An issue that was counted, or left out, and what it gave."""

    id: int
    key: str
    title: str
    url: str
    provider: str
    status: str
    outcome: str | None
    value: float | None
    excluded: str | None
    anomalies: list[str]


def behind(asked: Asked, metric: Metric, *, excluded: bool, after: int, limit: int) -> list[Behind]:
    """The next issues by id, beyond `after`."""
    found: list[Facts] = []
    for facts in _candidates(asked, metric, excluded=excluded, after=after):
        found.append(facts)
        if len(found) == limit:
            break
    return _shown(found, asked, metric)


def _candidates(asked: Asked, metric: Metric, *, excluded: bool, after: int) -> Iterator[Facts]:
    first, last, rows = asked.behind(metric)
    if metric.id == "stale":
        rows = rows.filter(pk__in=present.stale_now(asked.scope))
    for facts in read_facts(rows, after=after):
        if excluded:
            if reasons_to_exclude(facts, metric.id, first, last):
                yield facts
        elif metric.behind(facts, first, last):
            yield facts


def _shown(found: list[Facts], asked: Asked, metric: Metric) -> list[Behind]:
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
            value=metric.own(facts),
            excluded=facts.excluded.get(metric.id),
            anomalies=facts.anomalies,
        )
        for facts in found
        if facts.issue_id in names
    ]
