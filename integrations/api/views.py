"""API views of a project's integrations and sync runs."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from diip.common.errors import NotFound
from diip.common.http_api.pagination import NumberedPages
from diip.common.http_api.query import KnownParametersMixin
from integrations.api.serializers import (
    ChangeIntegrationSerializer,
    RunQuerySerializer,
    SyncRunSerializer,
    connect_serializer,
)
from integrations.api.state_serializers import IntegrationSerializer
from integrations.lifecycle import connect, remove
from integrations.lifecycle.pause_resume import resume_integration
from integrations.lifecycle.staleness import fetch_comparisons, fetch_open_runs
from integrations.models import Integration, SyncRun
from integrations.providers.contract.base import Provider
from integrations.providers.registry import PROVIDERS
from projects.scoping import ProjectScopedMixin


class ConnectView(ProjectScopedMixin, generics.GenericAPIView[Integration]):
    """Check the credential with one call, store it and start the first sync."""

    problem_statuses = (409, 422, 429)
    provider: ClassVar[str]

    def post(self, request: Request, *args: object, **kwargs: object) -> Response:
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        integration = connect.connect_scope(
            project=self.project,
            actor=self.actor,
            provider=self.provider,
            given=asked.validated_data,
        )
        return Response(IntegrationSerializer(integration).data, status=status.HTTP_201_CREATED)


def connect_view(kind: type[Provider]) -> type[ConnectView]:
    """Build the connect endpoint of one provider with the provider's inputs."""
    shape = {"provider": kind.name, "serializer_class": connect_serializer(kind)}
    shape["__doc__"] = ConnectView.__doc__
    view = type(f"Connect{kind.name.title()}View", (ConnectView,), shape)
    return extend_schema(responses={201: IntegrationSerializer})(view)


@extend_schema(exclude=True)
class ConnectUnknownView(ProjectScopedMixin):
    """Return 404 with the known providers for an unknown provider name."""

    def post(self, request: Request, *args: object, **kwargs: object) -> Response:
        known = sorted(PROVIDERS)
        raise NotFound(
            f"Unknown provider. Known providers: {', '.join(known)}.", extra={"known": known}
        )


class IntegrationListView(
    KnownParametersMixin, ProjectScopedMixin, generics.ListAPIView[Integration]
):
    serializer_class = IntegrationSerializer
    pagination_class = NumberedPages
    queryset = Integration.objects.none()

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        fetch_open_runs(page or [], timezone.now())
        fetch_comparisons(page or [])
        return page

    def get_queryset(self) -> "QuerySet[Integration]":
        return Integration.objects.of(self.project).order_by("id")


class IntegrationDetailView(ProjectScopedMixin, generics.RetrieveDestroyAPIView[Integration]):
    """Read, change or delete an integration.

    Deleting also deletes its issues, their history, its runs and logs within minutes.
    """

    serializer_class = IntegrationSerializer
    problem_statuses = (409, 422, 429)
    queryset = Integration.objects.none()
    lookup_url_kwarg = "integration_id"

    def get_queryset(self) -> "QuerySet[Integration]":
        return Integration.objects.of(self.project)

    @extend_schema(request=ChangeIntegrationSerializer, responses=IntegrationSerializer)
    def patch(self, request: Request, *args: object, **kwargs: object) -> Response:
        asked = ChangeIntegrationSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        integration = connect.change_integration(
            integration=self.get_object(),
            actor=self.actor,
            change=connect.Change(**asked.validated_data),
        )
        return Response(IntegrationSerializer(integration).data)

    def perform_destroy(self, instance: Integration) -> None:
        remove.remove_integration(integration=instance, actor=self.actor)


class ResumeView(ProjectScopedMixin, generics.GenericAPIView[Integration]):
    """End a pause, or retry now after a failure.

    Returns 409 if only a new token helps, and during a wait ordered by the tracker.
    """

    serializer_class = IntegrationSerializer
    problem_statuses = (409,)
    queryset = Integration.objects.none()
    lookup_url_kwarg = "integration_id"

    def get_queryset(self) -> "QuerySet[Integration]":
        return Integration.objects.of(self.project)

    @extend_schema(request=None, responses=IntegrationSerializer)
    def post(self, request: Request, *args: object, **kwargs: object) -> Response:
        integration = resume_integration(integration=self.get_object(), actor=self.actor)
        return Response(IntegrationSerializer(integration).data)


class RunsMixin(ProjectScopedMixin, generics.GenericAPIView[SyncRun]):
    """Runs of the project's integrations, without removed integrations."""

    serializer_class = SyncRunSerializer
    queryset = SyncRun.objects.none()

    def get_queryset(self) -> "QuerySet[SyncRun]":
        return SyncRun.objects.filter(integration__in=Integration.objects.of(self.project))


@extend_schema(parameters=[RunQuerySerializer])
class SyncRunListView(KnownParametersMixin, RunsMixin, generics.ListAPIView[SyncRun]):
    """List sync runs, newest first."""

    pagination_class = NumberedPages
    known_parameters = frozenset({"integration", "state"})

    def get_queryset(self) -> "QuerySet[SyncRun]":
        asked = RunQuerySerializer(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        runs = super().get_queryset().order_by("-id")
        if "integration" in asked.validated_data:
            runs = runs.filter(integration_id=asked.validated_data["integration"])
        if "state" in asked.validated_data:
            runs = runs.filter(state=asked.validated_data["state"])
        return runs


class SyncRunDetailView(RunsMixin, generics.RetrieveAPIView[SyncRun]):
    """Read a run: progress while it is open, the result afterwards."""

    lookup_url_kwarg = "run_id"
