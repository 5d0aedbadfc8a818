"""Loading of the report's data; the range is read from daily rows."""

from collections.abc import Sequence
from datetime import date, timedelta

from analytics.charts.data import (
    Flow,
    Period,
    Report,
    Resolution,
    Response,
    ResponsePeriod,
    SpikeMark,
    Totals,
)
from analytics.facts.date_windows import Window, periods
from analytics.metrics import current
from analytics.models import Spike
from analytics.queries.query_params import MetricQuery
from analytics.queries.source_freshness import Source
from analytics.queries.summary import freshness_of
from analytics.report.load_current import read_aging, read_workload
from analytics.spikes.message import observed_and_expected

DAYS_BY_DAY, DAYS_BY_WEEK = 45, 731
"""Longest ranges, in days, shown by day and by week."""
MOST_SPIKES = 12


def read_report(query: MetricQuery) -> Report:
    project, freshness = query.project, freshness_of(query.project)
    window = _window(query)
    return Report(
        project=project.name,
        project_id=project.pk,
        first=window.first,
        last=window.last,
        time_zone=project.time_zone,
        made_at=query.now,
        as_of=freshness.as_of,
        warnings=_warnings(freshness.sources, rebuilding=freshness.rebuilding),
        sources=[f"{source.provider} {source.scope}" for source in freshness.sources],
        totals=_totals(window),
        flow=_flow(query, window),
        resolution=_resolution(query, window),
        aging=read_aging(query),
        response=_response(query, window),
        workload=read_workload(query),
    )


def _window(query: MetricQuery) -> Window:
    """Read the window, cut at today."""
    window = query.window()
    if window.first <= query.today < window.last:
        return window.until(query.today)
    return window


def _warnings(sources: Sequence[Source], *, rebuilding: bool) -> list[str]:
    warnings = [source.message for source in sources]
    if not sources:
        warnings.append("No tracker is connected. Connect a tracker to see its issues here.")
    if rebuilding:
        warnings.append("Full recalculation running. Until it finishes, all numbers are too low.")
    return [sentence for sentence in warnings if sentence]


def _totals(window: Window) -> Totals:
    total, still_open = window.total_at_end, window.open_at_end
    return Totals(
        total=total,
        open=still_open,
        closed=total - still_open,
        opened=window.sum("opened"),
        closings=window.sum("closed"),
    )


# --- the range -----------------------------------------------------------------------------------


def _flow(query: MetricQuery, window: Window) -> Flow:
    interval = interval_of(window.first, window.last)
    spans = list(periods(window.first, window.last, interval))
    spikes, left_out = _spikes(query, window)
    return Flow(
        interval=interval,
        periods=[_period(part, interval, query.today) for part in window.split(spans)],
        spikes=spikes,
        spikes_left_out=left_out,
        backlog_before=window.open_before,
    )


def interval_of(first: date, last: date) -> str:
    length = (last - first).days + 1
    if length <= DAYS_BY_DAY:
        return "day"
    return "week" if length <= DAYS_BY_WEEK else "month"


def _period(part: Window, interval: str, today: date) -> Period:
    return Period(
        first=part.first,
        last=part.last,
        is_whole=_is_whole(part, interval) and part.last < today,
        opened=part.sum("opened"),
        closed=part.sum("closed"),
        reopened=part.sum("reopened"),
        closed_undated=part.sum("closed_undated"),
        backlog=part.open_at_end,
    )


def _is_whole(part: Window, interval: str) -> bool:
    around = (part.first - timedelta(days=1), part.last + timedelta(days=1))
    if interval == "week":
        return [day.isoweekday() for day in around] == [7, 1]
    return interval == "day" or (part.first.day == 1 and around[1].day == 1)


def _spikes(query: MetricQuery, window: Window) -> tuple[list[SpikeMark], int]:
    """Return the least likely spikes by date, and the number of the others."""
    found = Spike.objects.filter(
        project=query.project, first_day__lte=window.last, last_day__gte=window.first
    )
    most = found.order_by("probability", "first_day", "pk")[:MOST_SPIKES]
    marks = sorted((_mark(spike) for spike in most), key=lambda mark: (mark.first, mark.series))
    return marks, max(0, found.count() - len(marks))


def _mark(spike: Spike) -> SpikeMark:
    whole = spike.series_kind == Spike.SeriesKind.PROJECT
    return SpikeMark(
        series="" if whole else f"{spike.series_kind} {spike.series_value}",
        level=spike.level,
        first=spike.first_day,
        last=spike.last_day,
        is_over=spike.ended_at is not None,
        says=observed_and_expected(spike),
    )


def _resolution(query: MetricQuery, window: Window) -> Resolution:
    waiting = current.waiting_for_closing(query.scope)
    return Resolution(
        counts=window.distribution("resolution"),
        working=window.distribution("resolution.working"),
        excluded=window.excluded("resolution_time"),
        waiting=waiting.n,
        oldest_seconds=waiting.oldest_seconds,
    )


def _response(query: MetricQuery, window: Window) -> Response:
    interval = "week" if (window.last - window.first).days < DAYS_BY_WEEK else "month"
    parts = window.split(list(periods(window.first, window.last, interval)))
    waiting = current.waiting_for_response(query.scope)
    return Response(
        interval=interval,
        periods=[ResponsePeriod(p.first, p.last, p.distribution("response")) for p in parts],
        excluded=window.excluded("time_to_first_response"),
        waiting=waiting.n,
        oldest_seconds=waiting.oldest_seconds,
    )
