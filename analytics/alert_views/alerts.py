"""What was told, and what people decide of it."""

from collections.abc import Callable
from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.alert_serializers.alerts import (
    AlertDetailSerializer,
    AlertQuerySerializer,
    AlertSerializer,
    SnoozeSerializer,
)
from analytics.alerts import decisions
from analytics.models import Alert, AlertMessage
from diip.common.pagination import NumberedPages
from diip.common.query import KnownParametersMixin
from projects.scoping import ProjectScopedMixin


class AlertsMixin(ProjectScopedMixin, generics.GenericAPIView[Alert]):
    queryset = Alert.objects.none()
    lookup_url_kwarg = "alert_id"

    def get_queryset(self) -> "QuerySet[Alert]":
        return Alert.objects.filter(project=self.project)


@extend_schema(parameters=[AlertQuerySerializer])
class AlertListView(KnownParametersMixin, AlertsMixin, generics.ListAPIView[Alert]):
    """Newest first, also those that nobody was told of."""

    serializer_class = AlertSerializer
    pagination_class = NumberedPages
    known_parameters = frozenset({"level", "state", "topic"})

    def get_queryset(self) -> "QuerySet[Alert]":
        asked = AlertQuerySerializer(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        return super().get_queryset().filter(**asked.validated_data).order_by("-id")


class AlertDetailView(AlertsMixin, generics.RetrieveAPIView[Alert]):
    """With what was told of it in each channel."""

    serializer_class = AlertDetailSerializer

    def get_queryset(self) -> "QuerySet[Alert]":
        in_order = Prefetch("messages", AlertMessage.objects.order_by("id"))
        return super().get_queryset().prefetch_related(in_order)


class _DecideView(AlertsMixin):
    decide: Callable[..., Alert]

    @extend_schema(request=None, responses=AlertSerializer)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        alert = type(self).decide(alert=self.get_object(), actor=self.actor)
        return Response(AlertSerializer(alert).data)


class MuteAlertView(_DecideView):
    """Nothing is told of it any more, not even its end."""

    decide = staticmethod(decisions.mute)


class UnmuteAlertView(_DecideView):
    """What happens from now on is told again."""

    decide = staticmethod(decisions.unmute)


class SnoozeAlertView(AlertsMixin):
    """Nothing is told before the given moment; then it is told once how it stands."""

    @extend_schema(request=SnoozeSerializer, responses=AlertSerializer)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        asked = SnoozeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        alert, until = self.get_object(), asked.validated_data["until"]
        if until is None:
            alert = decisions.wake(alert=alert, actor=self.actor)
        else:
            alert = decisions.snooze(alert=alert, actor=self.actor, until=until)
        return Response(AlertSerializer(alert).data)
