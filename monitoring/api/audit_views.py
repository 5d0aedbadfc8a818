"""Endpoints of the audit trail: complete for administrators, per project for owners."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import AuditEvent
from diip.common.errors import Forbidden
from issues.api.serializers import describe
from issues.queries.filters import Parameter, moment, number, read_parameters, text
from issues.queries.pagination import PAGING, Pager, RowId
from projects.models import Membership
from projects.permissions import role_reaches
from projects.scoping import ProjectScopedMixin

_MOMENT = {"type": "string", "format": "date-time"}
FILTERS = (
    Parameter("action", text, "An action from the list in the API documentation."),
    Parameter("actor", number, "Id of the account that performed the action.", {"type": "integer"}),
    Parameter("from", moment, "Date or time: actions at or after it.", _MOMENT),
    Parameter("to", moment, "Date or time: actions before it.", _MOMENT),
)
_COLUMNS = {"action": "action", "actor": "actor_id", "from": "at__gte", "to": "at__lt"}
PARAMETERS = (*FILTERS, *PAGING)


class AuditEventSerializer(serializers.ModelSerializer[AuditEvent]):
    class Meta:
        model = AuditEvent
        fields = (
            "id", "at", "action", "actor_id", "actor_name", "address", "project_id", "target",
            "details", "request_id",
        )  # fmt: skip
        read_only_fields = fields


class AuditPageSerializer(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = AuditEventSerializer(many=True)


class AuditTrailView(APIView):
    """Audit trail of the installation, newest first."""

    permission_classes = (IsAdminUser,)
    problem_statuses = (403,)

    @extend_schema(
        operation_id="audit_list", parameters=describe(PARAMETERS), responses=AuditPageSerializer
    )
    def get(self, request: Request) -> Response:
        return _answer(request, AuditEvent.objects.all())


class ProjectAuditTrailView(ProjectScopedMixin):
    """Audit trail of a project, newest first; owners only."""

    problem_statuses = (403,)

    @extend_schema(
        operation_id="project_audit_list",
        parameters=describe(PARAMETERS),
        responses=AuditPageSerializer,
    )
    def get(self, request: Request, project_id: int) -> Response:
        if not role_reaches(self.membership_role, Membership.Role.OWNER):
            raise Forbidden("Only owners of the project can read its audit trail.")
        return _answer(request, AuditEvent.objects.filter(project_id=project_id))


def _answer(request: Request, events: "QuerySet[AuditEvent]") -> Response:
    values = read_parameters(request.query_params, PARAMETERS)
    wanted = {column: values[name][0] for name, column in _COLUMNS.items() if name in values}
    pager: Pager[Any] = Pager.of(request, values, RowId)
    events = events.filter(**wanted).order_by("id" if pager.backward else "-id")
    if pager.cursor:
        side = "id__gt" if pager.backward else "id__lt"
        events = events.filter(**{side: pager.cursor.place})
    page = pager.page(list(events[: pager.limit]), lambda event: event.pk)
    shown = AuditEventSerializer(page.results, many=True).data
    return Response({"next": page.next, "previous": page.previous, "results": shown})
