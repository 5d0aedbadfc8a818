"""Endpoints of alerts and alert rules."""

from collections.abc import Callable
from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.alerts import user_actions
from analytics.alerts.rules import change_rule, create_rule, remove_rule
from analytics.api.alert_serializers import (
    AlertDetailSerializer,
    AlertQuerySerializer,
    AlertRuleSerializer,
    AlertSerializer,
    SnoozeSerializer,
)
from analytics.models import Alert, AlertMessage, AlertRule
from diip.common.http_api.pagination import NumberedPages
from diip.common.http_api.query import KnownParametersMixin
from projects.scoping import ProjectScopedMixin


class AlertsMixin(ProjectScopedMixin, generics.GenericAPIView[Alert]):
    queryset = Alert.objects.none()
    lookup_url_kwarg = "alert_id"

    def get_queryset(self) -> "QuerySet[Alert]":
        return Alert.objects.filter(project=self.project)


@extend_schema(parameters=[AlertQuerySerializer])
class AlertListView(KnownParametersMixin, AlertsMixin, generics.ListAPIView[Alert]):
    """List of alerts, newest first, including those that matched no rule."""

    serializer_class = AlertSerializer
    pagination_class = NumberedPages
    known_parameters = frozenset({"level", "state", "topic"})

    def get_queryset(self) -> "QuerySet[Alert]":
        serializer = AlertQuerySerializer(data=self.request.query_params)
        serializer.is_valid(raise_exception=True)
        return super().get_queryset().filter(**serializer.validated_data).order_by("-id")


class AlertDetailView(AlertsMixin, generics.RetrieveAPIView[Alert]):
    """One alert with its messages in each channel."""

    serializer_class = AlertDetailSerializer

    def get_queryset(self) -> "QuerySet[Alert]":
        in_order = Prefetch("messages", AlertMessage.objects.order_by("id"))
        return super().get_queryset().prefetch_related(in_order)


class _ActionView(AlertsMixin):
    user_action: Callable[..., Alert]

    @extend_schema(request=None, responses=AlertSerializer)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        alert = type(self).user_action(alert=self.get_object(), actor=self.actor)
        return Response(AlertSerializer(alert).data)


class MuteAlertView(_ActionView):
    """Mute the alert: no more messages, including its resolution."""

    user_action = staticmethod(user_actions.mute)


class UnmuteAlertView(_ActionView):
    """Unmute the alert: later changes are sent again."""

    user_action = staticmethod(user_actions.unmute)


class SnoozeAlertView(AlertsMixin):
    """Snooze the alert: no messages until the given time, then one with its state."""

    @extend_schema(request=SnoozeSerializer, responses=AlertSerializer)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = SnoozeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        alert, until = self.get_object(), serializer.validated_data["until"]
        if until is None:
            alert = user_actions.wake(alert=alert, actor=self.actor)
        else:
            alert = user_actions.snooze(alert=alert, actor=self.actor, until=until)
        return Response(AlertSerializer(alert).data)


class RulesMixin(ProjectScopedMixin, generics.GenericAPIView[AlertRule]):
    serializer_class = AlertRuleSerializer
    queryset = AlertRule.objects.none()
    lookup_url_kwarg = "rule_id"
    problem_statuses = (409,)

    def get_queryset(self) -> "QuerySet[AlertRule]":
        rules = AlertRule.objects.filter(project=self.project)
        return rules.prefetch_related("channels").order_by("id")


class RuleListView(KnownParametersMixin, RulesMixin, generics.ListCreateAPIView[AlertRule]):
    """List and creation of alert rules. Without a rule no alert is sent."""

    pagination_class = NumberedPages

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        rule = create_rule(
            project=self.project, actor=self.actor, given=dict(serializer.validated_data)
        )
        return Response(self.get_serializer(rule).data, status=status.HTTP_201_CREATED)


class RuleDetailView(RulesMixin, generics.RetrieveDestroyAPIView[AlertRule]):
    def perform_destroy(self, instance: AlertRule) -> None:
        remove_rule(rule=instance, actor=self.actor)

    @extend_schema(request=AlertRuleSerializer(partial=True), responses=AlertRuleSerializer)
    def patch(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        rule = change_rule(
            rule=self.get_object(), actor=self.actor, given=dict(serializer.validated_data)
        )
        return Response(self.get_serializer(rule).data)
