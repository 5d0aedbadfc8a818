"""Views that export issues, and all data about one person."""

from collections.abc import Iterator

import msgspec
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from diip.common.errors import Forbidden
from issues.api.serializers import describe
from issues.api.views import SEARCH, matching_issues
from issues.models import IssueQuerySet, Person
from issues.queries.data_export import export_lines
from issues.queries.export import (
    CSV,
    EXPORTED,
    EXPORTED_LINES,
    FORMAT,
    AnyTypeRenderer,
    Row,
    chosen_format,
    stream_lines,
    stream_rows,
)
from issues.queries.filters import FILTERS, read_parameters
from issues.queries.output import IssueOut
from issues.queries.rows import every_issue
from projects.models import Membership
from projects.permissions import role_reaches
from projects.scoping import ProjectScopedMixin

EXPORT_PARAMETERS = (FORMAT, *FILTERS, SEARCH)


class IssueExportView(ProjectScopedMixin):
    """Export all matching issues, ordered by DIIP id; rows are not one snapshot."""

    renderer_classes = [AnyTypeRenderer]
    problem_statuses = (429,)

    @extend_schema(
        operation_id="issues_export",
        parameters=describe(EXPORT_PARAMETERS),
        responses=EXPORTED,
    )
    def get(self, request: Request, project_id: int) -> StreamingHttpResponse:
        values = read_parameters(request.query_params, EXPORT_PARAMETERS)
        issues = matching_issues(self.project, values)
        name = f"{self.project.name} issues"
        return export_issues(request, name, issues, chosen_format(values))


def export_issues(
    request: Request, name: str, issues: IssueQuerySet, file_format: str
) -> StreamingHttpResponse:
    """Stream rows with the columns of the list; CSV shows people by login."""
    columns = IssueOut.__struct_fields__
    read = _flat_row if file_format == CSV else msgspec.structs.astuple
    rows: Iterator[Row] = map(read, every_issue(issues))
    return stream_rows(request, name, columns, rows, file_format)


def _flat_row(issue: IssueOut) -> Row:
    people = {
        "author": issue.author and issue.author.login,
        "assignees": [person.login for person in issue.assignees],
    }
    return [people.get(name, value) for name, value in msgspec.structs.asdict(issue).items()]


class PersonExportView(ProjectScopedMixin):
    """Export all data about a person, including accounts matched to the same person.

    For owners, who must answer data requests. One JSON object per line, each with its `kind`. The
    last line is `{"complete": true, "rows": …}`; a file without it is incomplete.
    """

    renderer_classes = [AnyTypeRenderer]
    problem_statuses = (403, 429)

    @extend_schema(operation_id="person_export", responses=EXPORTED_LINES)
    def get(self, request: Request, project_id: int, person_id: int) -> StreamingHttpResponse:
        if not role_reaches(self.membership_role, Membership.Role.OWNER):
            raise Forbidden("Only a project owner can export the data about a person.")
        read_parameters(request.query_params, ())
        person = get_object_or_404(Person.objects.filter(project=self.project), pk=person_id)
        name = f"{self.project.name} person {person.pk}"
        return stream_lines(request, name, export_lines(person))
