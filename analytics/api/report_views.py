"""Endpoints of the report page, its charts and its browser link."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.api.authentication import TokenAuthentication
from analytics.api.authentication import LINK, LinkAuthentication, sign_link
from analytics.charts import CHARTS
from analytics.queries.query_params import PERSON, RANGE, MetricQuery
from analytics.report.load import read_report
from analytics.report.page import POLICY, write_page
from diip.common.errors import NotFound
from issues.api.serializers import describe
from issues.queries.export import AnyTypeRenderer
from issues.queries.filters import Parameter, read_parameters
from projects.models import Membership
from projects.scoping import ProjectScopedMixin

PARAMETERS = (*RANGE, PERSON)
SIGNED = Parameter(LINK, str, "Link signature from `analytics/report/link/`, instead of a token.")
CHART = OpenApiParameter("chart", str, OpenApiParameter.PATH, enum=list(CHARTS))


class ReportLinkSerializer(serializers.Serializer[Any]):
    url = serializers.URLField(help_text="Opens in a browser without an Authorization header.")
    expires_at = serializers.DateTimeField()


class _Report(ProjectScopedMixin):
    authentication_classes = [TokenAuthentication, LinkAuthentication]
    renderer_classes = [AnyTypeRenderer]

    def read_query(self, request: Request) -> MetricQuery:
        return MetricQuery.of(
            self.project, read_parameters(request.query_params, (*PARAMETERS, SIGNED))
        )

    def answer(self, body: str, content_type: str, policy: str) -> HttpResponse:
        response = HttpResponse(body, content_type=content_type)
        response["Content-Security-Policy"] = policy
        response["Referrer-Policy"] = "no-referrer"  # the URL may contain a link signature
        return response


class ReportView(_Report):
    """Self-contained HTML report with charts."""

    @extend_schema(
        operation_id="analytics_report",
        parameters=describe((*PARAMETERS, SIGNED)),
        responses={(200, "text/html"): OpenApiTypes.STR},
    )
    def get(self, request: Request, project_id: int) -> HttpResponse:
        report = read_report(self.read_query(request))
        query = request.query_params.urlencode()

        def chart_url(chart: str) -> str:
            path = reverse("analytics-report-chart", args=[project_id, chart])
            return f"{path}?{query}" if query else path

        return self.answer(write_page(report, chart_url), "text/html; charset=utf-8", POLICY)


class ReportChartView(_Report):
    """One chart of the report as SVG, with title and notes, for embedding."""

    @extend_schema(
        operation_id="analytics_report_chart",
        parameters=[CHART, *describe((*PARAMETERS, SIGNED))],
        responses={(200, "image/svg+xml"): OpenApiTypes.STR},
    )
    def get(self, request: Request, project_id: int, chart: str) -> HttpResponse:
        query = self.read_query(request)
        if chart not in CHARTS:
            raise NotFound(f"There is no such chart. Use one of: {', '.join(CHARTS)}.")
        report = read_report(query)
        body = CHARTS[chart](report).alone(report.project)
        response = self.answer(body, "image/svg+xml", "default-src 'none'; frame-ancestors 'none'")
        response["Cross-Origin-Resource-Policy"] = "cross-origin"  # embedded in other sites
        return response


class ReportLinkView(ProjectScopedMixin):
    """Creation of a link that opens the report without signing in, for an hour."""

    method_roles = {"POST": Membership.Role.VIEWER}

    @extend_schema(
        operation_id="analytics_report_link",
        request=None,
        responses={201: ReportLinkSerializer},
    )
    def post(self, request: Request, project_id: int) -> Response:
        signed, expires_at = sign_link(project_id, self.actor)
        audit.record(self.actor, audit.AuditRecord("export.report_link_made", "report", project_id))
        path = reverse("analytics-report", args=[project_id])
        url = request.build_absolute_uri(f"{path}?{urlencode({LINK: signed})}")
        shown = ReportLinkSerializer({"url": url, "expires_at": expires_at})
        return Response(shown.data, status=status.HTTP_201_CREATED)
