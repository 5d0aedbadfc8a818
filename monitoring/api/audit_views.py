"""The audit trail: all of it for administrators, a project's for its owners."""

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
    Parameter("action", text, "One action, as the API's documentation lists them."),
    Parameter("actor", number, "The id of the account that did it.", {"type": "integer"}),
    Parameter("from", moment, "A date or a moment: what was done then or later.", _MOMENT),
    Parameter("to", moment, "A date or a moment: what was done before.", _MOMENT),
)
_COLUMNS = {"action": "action", "actor": "actor_id", "from": "at__gte", "to": "at__lt"}
ASKED = (*FILTERS, *PAGING)


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
    """Everything that was done, newest first."""

    permission_classes = (IsAdminUser,)
    problem_statuses = (403,)

    @extend_schema(
        operation_id="audit_list", parameters=describe(ASKED), responses=AuditPageSerializer
    )
    def get(self, request: Request) -> Response:
        return _answer(request, AuditEvent.objects.all())


class ProjectAuditTrailView(ProjectScopedMixin):
    """What was done in a project, newest first: for its owners."""

    problem_statuses = (403,)

    @extend_schema(
        operation_id="project_audit_list", parameters=describe(ASKED), responses=AuditPageSerializer
    )
    def get(self, request: Request, project_id: int) -> Response:
        if not role_reaches(self.membership_role, Membership.Role.OWNER):
            raise Forbidden("Only an owner of the project reads its audit trail.")
        return _answer(request, AuditEvent.objects.filter(project_id=project_id))


def _answer(request: Request, events: "QuerySet[AuditEvent]") -> Response:
    values = read_parameters(request.query_params, ASKED)
    wanted = {column: values[name][0] for name, column in _COLUMNS.items() if name in values}
    pager: Pager[Any] = Pager.of(request, values, RowId)
    events = events.filter(**wanted).order_by("id" if pager.backward else "-id")
    if pager.cursor:
        side = "id__gt" if pager.backward else "id__lt"
        events = events.filter(**{side: pager.cursor.place})
    page = pager.page(list(events[: pager.limit]), lambda event: event.pk)
    shown = AuditEventSerializer(page.results, many=True).data
    return Response({"next": page.next, "previous": page.previous, "results": shown})
