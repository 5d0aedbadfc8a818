"""Summary of a project: metric values with definition, counts, exclusions and freshness."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from analytics.facts.date_windows import Window, read_window
from analytics.metrics import METRICS, Metric, Value, current
from analytics.metrics.base import OpenCohort
from analytics.models import AnalyticsState, Spike
from analytics.queries.query_params import MetricQuery
from analytics.queries.source_freshness import Source, sources_of
from analytics.services import is_rebuilding
from issues.models import IssueChange
from projects.models import Project

MOST_SPIKES = 20
WEEKS_BACK = 35
"""Days read before the range, for the last four whole weeks."""


class Freshness(msgspec.Struct, frozen=True, kw_only=True):
    as_of: datetime | None
    """Time up to which all trackers' data is counted; null until known for each."""
    update_pending: bool
    """True if stored changes are not counted yet; usually takes seconds."""
    stale: bool
    warnings: list[str]
    rebuilding: bool
    sources: list[Source]


class MetricResult(msgspec.Struct, frozen=True, kw_only=True):
    """Value of a metric with its definition."""

    metric: str
    version: int
    unit: str
    definition: str
    outcomes: str
    as_of: datetime | None
    value: float | None
    n: int
    excluded_counts: Mapping[str, int]
    spread: Any = None
    business_hours: Any = None
    open_cohort: OpenCohort | None = None
    detail: Mapping[str, Any] | None = None


def freshness_of(project: Project, state: AnalyticsState | None = None) -> Freshness:
    sources = sources_of(project)
    state = state or AnalyticsState.objects.filter(project=project).first()
    moments = [source.as_of for source in sources]
    counting = state is None or IssueChange.objects.filter(project=project).exists()
    if counting:
        moments.append(state.aggregated_at if state else None)
    known = [moment for moment in moments if moment]
    return Freshness(
        as_of=min(known) if moments and len(known) == len(moments) else None,
        update_pending=counting,
        stale=any(source.stale for source in sources),
        warnings=[source.message for source in sources if source.stale],
        rebuilding=state is not None and is_rebuilding(state, project),
        sources=sources,
    )


def measured(metric: Metric, value: Value, as_of: datetime | None) -> MetricResult:
    return MetricResult(
        metric=metric.id,
        version=metric.version,
        unit=metric.unit,
        definition=metric.definition,
        outcomes=metric.outcomes,
        as_of=as_of,
        value=value.value,
        n=value.n,
        excluded_counts=value.excluded,
        spread=value.spread,
        business_hours=value.working,
        open_cohort=value.waiting,
        detail=value.detail,
    )


# --- summary -------------------------------------------------------------------------------------


class LastingSpike(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    level: str
    series: str
    """Series such as `project`, `label:crash`, `component:api`, `provider:jira`."""
    first_day: date
    last_day: date


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    project_id: int
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    time_zone: str
    total_issues: float | None
    open_issues: float | None
    closed_issues: float | None
    avg_resolution_time: float | None
    spike_detected: bool
    spikes: list["LastingSpike"]
    metrics: dict[str, MetricResult]
    freshness: Freshness


def summarise(query: MetricQuery) -> Summary:
    """Compute all metrics of the range, and the issues waiting now."""
    state = AnalyticsState.objects.filter(project=query.project).first()
    freshness, values = freshness_of(query.project, state), _ranged(query, state)
    values |= _present(query, values)
    spikes = _ongoing_spikes(query.project)
    shown = {name: measured(METRICS[name], v, freshness.as_of) for name, v in values.items()}
    return Summary(
        project_id=query.project.pk,
        first=query.first,
        last=query.last,
        time_zone=query.project.time_zone,
        total_issues=values["total_issues"].value,
        open_issues=values["open_issues"].value,
        closed_issues=values["closed_issues"].value,
        avg_resolution_time=values["resolution_time"].value,
        spike_detected=any(spike.level == Spike.Level.ALERT for spike in spikes),
        spikes=spikes[:MOST_SPIKES],
        metrics=shown,
        freshness=freshness,
    )


def _ranged(query: MetricQuery, state: AnalyticsState | None) -> dict[str, Value]:
    """Compute the metrics of the range; unfiltered ones are cached until rows change."""
    if query.part or state is None:
        return _measure(query.window(days_before=WEEKS_BACK), query.first)
    rows = (query.project.pk, state.created_at, state.version)
    return dict(_measured(rows, query.first, query.last, query.today))


@lru_cache(maxsize=256)
def _measured(
    rows: tuple[int, datetime, int], first: date, last: date, today: date
) -> Mapping[str, Value]:
    """Compute the metrics; `rows` is project id, creation time and version of the rows."""
    return _measure(read_window(rows[0], first - timedelta(days=WEEKS_BACK), last, today), first)


def _measure(long: Window, first: date) -> dict[str, Value]:
    """Compute all metrics from `first` on; `long` also covers earlier days."""
    window = long.part(first, long.last)
    values = {
        metric.id: metric.over_range(window) for metric in METRICS.values() if metric.over_range
    }
    for weekly in ("backlog_growth", "throughput"):
        values[weekly] = _with_weeks(METRICS[weekly], values[weekly], long)
    return values


def _with_weeks(metric: Metric, value: Value, long: Window) -> Value:
    """Replace four-week values, because those weeks may begin before the range."""
    weekly = {
        name: shown
        for name, shown in (metric.over(long).detail or {}).items()
        if name.endswith("4_weeks")
    }
    return msgspec.structs.replace(value, detail={**(value.detail or {}), **weekly})


def _present(query: MetricQuery, values: Mapping[str, Value]) -> dict[str, Value]:
    scope = query.scope
    answered = current.unanswered(scope)
    resolution = msgspec.structs.replace(
        values["resolution_time"], waiting=current.waiting_for_closing(scope)
    )
    response = msgspec.structs.replace(values["time_to_first_response"], waiting=answered.waiting)
    return {
        "unanswered": answered,
        "resolution_time": resolution,
        "time_to_first_response": response,
    }


def _ongoing_spikes(project: Project) -> list[LastingSpike]:
    """List ongoing spikes of all series, alerts first, then by probability."""
    ongoing = Spike.objects.filter(project=project, ended_at=None).defer("explanation")
    return [
        LastingSpike(
            id=spike.pk,
            level=spike.level,
            series=spike.series,
            first_day=spike.first_day,
            last_day=spike.last_day,
        )
        for spike in ongoing.order_by("level", "probability", "pk")
    ]


# --- several projects ----------------------------------------------------------------------------


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    project_id: int
    name: str
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    time_zone: str
    measured: MetricResult
    freshness: Freshness


def compare(query: Iterable[MetricQuery], metric: Metric) -> list[Compared]:
    """Compute the same metric for each project, each over its own days."""
    return [_compared(each, metric, freshness_of(each.project)) for each in query]


def _compared(query: MetricQuery, metric: Metric, freshness: Freshness) -> Compared:
    value = metric.over(query.window(metric))
    return Compared(
        project_id=query.project.pk,
        name=query.project.name,
        first=query.first,
        last=query.last,
        time_zone=query.project.time_zone,
        measured=measured(metric, value, freshness.as_of),
        freshness=freshness,
    )
