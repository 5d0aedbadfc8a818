"""View that starts a sync."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.serializers import SyncRunSerializer
from integrations.audit import record_on
from integrations.models import SyncRun
from issues import services, tasks
from projects.scoping import ProjectScopedMixin


class SyncRequestSerializer(serializers.Serializer[Any]):
    """Kind of sync; `census` lists all issue ids to find removed and missed issues."""

    kind = serializers.ChoiceField(
        choices=[SyncRun.Kind.INCREMENTAL, SyncRun.Kind.CENSUS], default=SyncRun.Kind.INCREMENTAL
    )


class RequestedRunSerializer(SyncRunSerializer):
    already_running = serializers.BooleanField(
        source="found_open",
        help_text="True: the run was already open, and no second one was started.",
    )

    class Meta(SyncRunSerializer.Meta):
        fields = ("already_running", *SyncRunSerializer.Meta.fields)
        read_only_fields = fields


class LeftOutSerializer(serializers.Serializer[Any]):
    integration = serializers.IntegerField()
    provider = serializers.CharField()
    scope = serializers.CharField()
    reason = serializers.CharField(help_text="Status reason of the integration: `paused`, `auth` …")
    message = serializers.CharField(help_text="Cause and remedy.")


class SyncStartedSerializer(serializers.Serializer[Any]):
    runs = RequestedRunSerializer(many=True)
    left_out = LeftOutSerializer(many=True, help_text="Integrations that cannot be synced now.")


class SyncView(ProjectScopedMixin, generics.GenericAPIView[SyncRun]):
    """Start a sync of every integration that can be synced, and list the others.

    Follow the runs under `syncs/{id}/`.
    """

    serializer_class = SyncRequestSerializer

    @extend_schema(
        operation_id="sync_start",
        request=SyncRequestSerializer,
        responses={202: SyncStartedSerializer},
    )
    def post(self, request: Request, project_id: int) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        synced = services.sync_project(
            project=self.project,
            trigger=SyncRun.Trigger.MANUAL,
            kind=serializer.validated_data["kind"],
        )
        for run, created in synced.started:
            if created:
                details = {"run": run.pk, "kind": run.kind}
                record_on(run.integration, self.actor, "integration.sync_requested", details)
        tasks.send_runs(run.pk for run, created in synced.started if created)
        runs = []
        for run, created in synced.started:
            run.found_open = not created  # type: ignore[attr-defined]  # for the response only
            runs.append(RequestedRunSerializer(run).data)
        left_out = LeftOutSerializer(list(synced.left_out), many=True).data
        answer = {"runs": runs, "left_out": left_out}
        return Response(answer, status=status.HTTP_202_ACCEPTED)
