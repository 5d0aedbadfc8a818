"""Views for status mapping and for remapping stored pages."""

from collections.abc import Mapping
from typing import Any, cast

from django.db.models import Count, Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from diip.common.errors import Conflict, InvalidInput, NotFound
from integrations.api.serializers import SyncRunSerializer
from integrations.audit import record_on
from integrations.lifecycle.sync_requests import request_remap
from integrations.models import Integration, SyncRun
from issues import status_mapping, tasks
from issues.models import Issue, StatusClass
from projects.scoping import ProjectScopedMixin

MAX_WORDS = 200
SETTLE_SECONDS = 2.0
"""Seconds of a request spent on updating issues; a task does the rest."""


class StatusClassSerializer(serializers.Serializer[Any]):
    """Status word of the tracker."""

    source_status = serializers.CharField(help_text="The tracker's own word.")
    provider_status = serializers.ChoiceField(Issue.Status.choices)
    override = serializers.ChoiceField(Issue.Status.choices, allow_null=True)
    status = serializers.ChoiceField(Issue.Status.choices, help_text="Effective class.")
    issues = serializers.IntegerField(help_text="Present issues with this status.")


class StatusListSerializer(serializers.Serializer[Any]):
    results = StatusClassSerializer(many=True)


class OverridesSerializer(serializers.Serializer[Any]):
    overrides = serializers.DictField(
        child=serializers.ChoiceField(Issue.Status.choices, allow_null=True),
        help_text="Class by the tracker's own word; null restores the provider's class.",
    )

    def validate_overrides(self, given: Mapping[str, str | None]) -> Mapping[str, str | None]:
        if not 0 < len(given) <= MAX_WORDS:
            raise serializers.ValidationError(f"Give 1 to {MAX_WORDS} words.")
        return given


class StatusChangeSerializer(serializers.Serializer[Any]):
    word = serializers.CharField()
    before = serializers.ChoiceField(Issue.Status.choices)
    after = serializers.ChoiceField(Issue.Status.choices)
    issues = serializers.IntegerField(help_text="Present issues that change class.")


class StatusPlanSerializer(serializers.Serializer[Any]):
    changes = StatusChangeSerializer(many=True)
    totals = serializers.DictField(
        child=serializers.IntegerField(), help_text="Present issues by class after the change."
    )


class StatusDecisionSerializer(StatusPlanSerializer):
    settled = serializers.BooleanField(
        help_text="False: some issues are still being updated in the background."
    )


class _OneIntegration(ProjectScopedMixin):
    def integration(self, integration_id: int) -> Integration:
        found = Integration.objects.of(self.project).filter(pk=integration_id).first()
        if found is None:
            raise NotFound("There is no such integration in this project.")
        return found

    def overrides(self, request: Request) -> Mapping[str, str | None]:
        serializer = OverridesSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data["overrides"]
        if any("\x00" in word for word in given):
            raise InvalidInput("A word contains a NUL character.", field="overrides")
        return cast("Mapping[str, str | None]", given)


class StatusesView(_OneIntegration):
    """List the meaning of each status word of the tracker."""

    @extend_schema(operation_id="statuses_list", responses=StatusListSerializer)
    def get(self, request: Request, project_id: int, integration_id: int) -> Response:
        integration = self.integration(integration_id)
        mine = Q(integration=integration, removed_at=None)
        counted = Issue.objects.filter(mine).values_list("source_status").annotate(n=Count("pk"))
        counts = dict(counted)
        rows = StatusClass.objects.filter(integration=integration).order_by("source_status")
        for row in rows:
            row.issues = counts.get(row.source_status, 0)  # type: ignore[attr-defined]  # for the response only
        return Response({"results": StatusClassSerializer(rows, many=True).data})

    @extend_schema(
        operation_id="statuses_override",
        request=OverridesSerializer,
        responses=StatusDecisionSerializer,
    )
    def patch(self, request: Request, project_id: int, integration_id: int) -> Response:
        """Set overrides. The response has the same shape as the preview.

        Many issues are updated in the background.
        """
        integration = self.integration(integration_id)
        plan = status_mapping.apply_overrides(integration, self.overrides(request), self.actor)
        settled = status_mapping.settle_overrides(integration.pk, seconds=SETTLE_SECONDS)
        if not settled:
            tasks.send_settle(integration.pk)
        return Response({**StatusPlanSerializer(plan).data, "settled": settled})


class StatusPreviewView(_OneIntegration):
    """Preview how many issues would change class, without changing them."""

    @extend_schema(
        operation_id="statuses_preview",
        request=OverridesSerializer,
        responses=StatusPlanSerializer,
    )
    def post(self, request: Request, project_id: int, integration_id: int) -> Response:
        integration = self.integration(integration_id)
        plan = status_mapping.plan_overrides(integration, self.overrides(request))
        return Response(StatusPlanSerializer(plan).data)


class RemapView(_OneIntegration):
    """Map the stored pages again, without requests to the tracker; returns the run."""

    problem_statuses = (409,)

    @extend_schema(operation_id="remap", request=None, responses={202: SyncRunSerializer})
    def post(self, request: Request, project_id: int, integration_id: int) -> Response:
        integration = self.integration(integration_id)
        run, created = request_remap(integration)
        if not created and run.kind != SyncRun.Kind.REMAP:
            raise Conflict("A sync is running. Try again when it has ended.")
        record_on(integration, self.actor, "integration.remap_requested", {"run": run.pk})
        tasks.send_runs([run.pk])
        return Response(SyncRunSerializer(run).data, status=status.HTTP_202_ACCEPTED)
