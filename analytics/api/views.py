"""Read-only endpoints of the metrics, for every project member."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from analytics.api.serializers import (
    BehindPageSerializer,
    CompareSerializer,
    DefinitionsSerializer,
    MeasuredSerializer,
    SummarySerializer,
    TrendsSerializer,
)
from analytics.metrics import METRICS, Metric
from analytics.queries import summary
from analytics.queries.drilldown import issues_behind
from analytics.queries.query_params import (
    BEHIND,
    NOW,
    RANGE,
    RANGED,
    SUMMARY,
    TRENDS,
    MetricQuery,
    chosen_metric,
)
from analytics.queries.summary import freshness_of, measured
from analytics.queries.trends import trends
from diip.common.errors import InvalidInput
from issues.api.serializers import describe
from issues.queries.filters import Parameter, number, read_parameters
from issues.queries.pagination import PAGING, Pager, RowId
from projects.models import Project
from projects.scoping import ProjectScopedMixin

PROJECTS = Parameter(
    "project", number, "Id of one of your projects. Repeatable; default: all your projects.",
    {"type": "integer", "minimum": 1, "maximum": 10**18 - 1, "example": 1}, many=True,
)  # fmt: skip
COMPARE = (RANGED, PROJECTS, *RANGE)
MAX_COMPARED = 100
Values = Mapping[str, list[Any]]


class SummaryView(ProjectScopedMixin):
    """Summary of a project: current totals, and metrics over a date range."""

    @extend_schema(
        operation_id="analytics_summary",
        parameters=describe(SUMMARY),
        responses=SummarySerializer,
    )
    def get(self, request: Request, project_id: int) -> Response:
        values = read_parameters(request.query_params, SUMMARY)
        return Response(summary.summarise(MetricQuery.of(self.project, values)))


class TrendsView(ProjectScopedMixin):
    """Metric over time, for the project or per label, type, assignee or tracker."""

    @extend_schema(
        operation_id="analytics_trends", parameters=describe(TRENDS), responses=TrendsSerializer
    )
    def get(self, request: Request, project_id: int) -> Response:
        values = read_parameters(request.query_params, TRENDS)
        interval, by = values.get("interval", ["week"])[0], values.get("by", [None])[0]
        return Response(
            trends(MetricQuery.of(self.project, values), chosen_metric(values), interval, by)
        )


class NowView(ProjectScopedMixin):
    """Current value of a metric: unanswered, aging and stale issues, workload."""

    @extend_schema(
        operation_id="analytics_now", parameters=describe(NOW), responses=MeasuredSerializer
    )
    def get(self, request: Request, project_id: int) -> Response:
        values = read_parameters(request.query_params, NOW)
        query, metric = MetricQuery.of(self.project, values), chosen_metric(values, "unanswered")
        as_of = freshness_of(self.project).as_of
        return Response(measured(metric, metric.at(query.scope), as_of))


class BehindView(ProjectScopedMixin):
    """List of the issues that a value includes, or excludes with the reason."""

    @extend_schema(
        operation_id="analytics_issues",
        parameters=describe((*BEHIND, *PAGING)),
        responses=BehindPageSerializer,
    )
    def get(self, request: Request, project_id: int) -> Response:
        values = read_parameters(request.query_params, (*BEHIND, *PAGING))
        pager: Pager[Any] = Pager.of(request, values, RowId)
        if pager.backward:
            raise InvalidInput("cursor: this list can only be read forwards", field="cursor")
        rows = issues_behind(
            MetricQuery.of(self.project, values),
            chosen_metric(values),
            excluded=values.get("excluded") == ["true"],
            after=pager.cursor.place if pager.cursor else 0,
            limit=pager.limit,
        )
        page = pager.page(rows, lambda row: row.id)
        page.previous = None
        return Response(page)


class DefinitionsView(APIView):
    """Definitions of all metrics."""

    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="analytics_definitions", responses=DefinitionsSerializer)
    def get(self, request: Request) -> Response:
        read_parameters(request.query_params, ())
        return Response({"results": [_definition(metric) for metric in METRICS.values()]})


class CompareView(APIView):
    """Comparison of one metric across several of your projects."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="analytics_compare", parameters=describe(COMPARE), responses=CompareSerializer
    )
    def get(self, request: Request) -> Response:
        values = read_parameters(request.query_params, COMPARE)
        metric, projects = chosen_metric(values), _projects(request, values)
        queries = [MetricQuery.of(project, values) for project in projects]
        return Response({"metric": metric.id, "results": summary.compare(queries, metric)})


def _projects(request: Request, values: Values) -> Sequence[Project]:
    visible = Project.objects.visible_to(cast("User", request.user)).order_by("pk")
    wanted = set(values.get("project", ()))
    if not wanted:
        found = list(visible[: MAX_COMPARED + 1])
        if len(found) > MAX_COMPARED:
            raise InvalidInput(
                f"project: you have more than {MAX_COMPARED} projects; choose which to compare",
                field="project",
            )
        return found
    found = list(visible.filter(pk__in=wanted))
    if len(found) != len(wanted):
        raise InvalidInput(
            "project: one of them does not exist, or you are not a member of it", field="project"
        )
    return found


def _definition(metric: Metric) -> dict[str, object]:
    return {
        "metric": metric.id,
        "version": metric.version,
        "unit": metric.unit,
        "definition": metric.definition,
        "outcomes": metric.outcomes,
        "of": "range" if metric.over_range else "now",
    }
