"""Exports of metrics and of the issues they include."""

from collections.abc import Iterator

from django.http import StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from msgspec.structs import fields
from rest_framework.request import Request

from analytics.queries.drilldown import Behind, all_behind
from analytics.queries.query_params import BEHIND, TRENDS, MetricQuery, chosen_metric
from analytics.queries.trends import Trends, trends
from issues.api.serializers import describe
from issues.queries.export import EXPORTED, FORMAT, AnyTypeRenderer, chosen_format, stream_rows
from issues.queries.filters import read_parameters
from projects.scoping import ProjectScopedMixin

TREND_COLUMNS = (
    "metric", "version", "unit", "group", "from", "to", "complete", "value", "n", "excluded",
    "average", "p50", "p75", "p90",
)  # fmt: skip
BEHIND_COLUMNS = tuple(field.name for field in fields(Behind))


class TrendsExportView(ProjectScopedMixin):
    """Export of a metric over time, one row per point."""

    renderer_classes = [AnyTypeRenderer]
    problem_statuses = (429,)

    @extend_schema(
        operation_id="analytics_trends_export",
        parameters=describe((*TRENDS, FORMAT)),
        responses=EXPORTED,
    )
    def get(self, request: Request, project_id: int) -> StreamingHttpResponse:
        values = read_parameters(request.query_params, (*TRENDS, FORMAT))
        metric, by = chosen_metric(values), values.get("by", [None])[0]
        interval = values.get("interval", ["week"])[0]
        found = trends(MetricQuery.of(self.project, values), metric, interval, by, limit=None)
        name = f"{self.project.name} {metric.id} by {interval}"
        return stream_rows(request, name, TREND_COLUMNS, _points(found), chosen_format(values))


def _points(found: Trends) -> Iterator[tuple[object, ...]]:
    for series in found.series:
        for point in series.points:
            spread = point.spread
            yield (
                found.metric, found.version, found.unit, series.group, point.first, point.last,
                point.complete, point.value, point.n, sum(point.excluded_counts.values()),
                *((spread.average, spread.p50, spread.p75, spread.p90) if spread else [None] * 4),
            )  # fmt: skip


class BehindExportView(ProjectScopedMixin):
    """Export of every issue that a value includes."""

    renderer_classes = [AnyTypeRenderer]
    problem_statuses = (429,)

    @extend_schema(
        operation_id="analytics_issues_export",
        parameters=describe((*BEHIND, FORMAT)),
        responses=EXPORTED,
    )
    def get(self, request: Request, project_id: int) -> StreamingHttpResponse:
        values = read_parameters(request.query_params, (*BEHIND, FORMAT))
        metric, excluded = chosen_metric(values), values.get("excluded") == ["true"]
        rows = all_behind(MetricQuery.of(self.project, values), metric, excluded=excluded)
        shown = (tuple(getattr(row, name) for name in BEHIND_COLUMNS) for row in rows)
        name = f"{self.project.name} {metric.id}{' excluded' if excluded else ''}"
        return stream_rows(request, name, BEHIND_COLUMNS, shown, chosen_format(values))
