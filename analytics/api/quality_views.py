"""Endpoints of data quality findings and the issues they affect."""

from django.http import StreamingHttpResponse
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.serializers import DataQualitySerializer
from analytics.queries.data_quality import ISSUE_FINDINGS, find_all
from analytics.queries.summary import freshness_of
from diip.common.errors import NotFound
from issues.api.export_views import export_issues
from issues.api.serializers import IssuePageSerializer, describe
from issues.models import IssueQuerySet
from issues.queries.export import EXPORTED, FORMAT, AnyTypeRenderer, chosen_format
from issues.queries.filters import read_parameters
from issues.queries.pagination import PAGING
from issues.queries.rows import page_of_issues
from projects.scoping import ProjectScopedMixin

FINDING = OpenApiParameter(
    "finding",
    location=OpenApiParameter.PATH,
    enum=list(ISSUE_FINDINGS),
    description="Id of the finding.",
)


class DataQualityView(ProjectScopedMixin):
    """Data quality findings: suspicious or missing data, with the fix."""

    @extend_schema(operation_id="analytics_data_quality", responses=DataQualitySerializer)
    def get(self, request: Request, project_id: int) -> Response:
        read_parameters(request.query_params, ())
        project_url = request.build_absolute_uri(reverse("project-detail", args=[project_id]))
        findings = [finding.linked(project_url) for finding in find_all(self.project)]
        return Response({"findings": findings, "freshness": freshness_of(self.project)})


class OddIssuesView(ProjectScopedMixin):
    """List of the issues of a finding, newest first."""

    @extend_schema(
        operation_id="analytics_data_quality_issues",
        parameters=[FINDING, *describe(PAGING)],
        responses=IssuePageSerializer,
    )
    def get(self, request: Request, project_id: int, finding: str) -> Response:
        values = read_parameters(request.query_params, PAGING)
        issues = _issues_of(self, finding)
        return Response(page_of_issues(issues, "-opened_at", request, values))


class OddIssuesExportView(ProjectScopedMixin):
    """Export of the issues of a finding."""

    renderer_classes = [AnyTypeRenderer]

    @extend_schema(
        operation_id="analytics_data_quality_export",
        parameters=[FINDING, *describe((FORMAT,))],
        responses=EXPORTED,
    )
    def get(self, request: Request, project_id: int, finding: str) -> StreamingHttpResponse:
        values = read_parameters(request.query_params, (FORMAT,))
        issues, name = _issues_of(self, finding), f"{self.project.name} {finding}"
        return export_issues(request, name, issues, chosen_format(values))


def _issues_of(view: ProjectScopedMixin, finding: str) -> IssueQuerySet:
    if finding not in ISSUE_FINDINGS:
        known = ", ".join(sorted(ISSUE_FINDINGS))
        raise NotFound(f"There is no such finding for issues. Use one of: {known}.")
    return ISSUE_FINDINGS[finding](view.project)
