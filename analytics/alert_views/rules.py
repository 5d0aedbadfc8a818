"""Which alerts go where."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.alert_serializers.rules import AlertRuleSerializer
from analytics.alerts.rules import change_rule, create_rule, remove_rule
from analytics.models import AlertRule
from diip.common.pagination import NumberedPages
from diip.common.query import KnownParametersMixin
from projects.scoping import ProjectScopedMixin


class RulesMixin(ProjectScopedMixin, generics.GenericAPIView[AlertRule]):
    serializer_class = AlertRuleSerializer
    queryset = AlertRule.objects.none()
    lookup_url_kwarg = "rule_id"
    problem_statuses = (409,)

    def get_queryset(self) -> "QuerySet[AlertRule]":
        rules = AlertRule.objects.filter(project=self.project)
        return rules.prefetch_related("channels").order_by("id")


class RuleListView(KnownParametersMixin, RulesMixin, generics.ListCreateAPIView[AlertRule]):
    """Without a rule nobody is told anything."""

    pagination_class = NumberedPages

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        rule = create_rule(project=self.project, actor=self.actor, given=dict(asked.validated_data))
        return Response(self.get_serializer(rule).data, status=status.HTTP_201_CREATED)


class RuleDetailView(RulesMixin, generics.RetrieveDestroyAPIView[AlertRule]):
    def perform_destroy(self, instance: AlertRule) -> None:
        remove_rule(rule=instance, actor=self.actor)

    @extend_schema(request=AlertRuleSerializer(partial=True), responses=AlertRuleSerializer)
    def patch(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        asked = self.get_serializer(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        rule = change_rule(
            rule=self.get_object(), actor=self.actor, given=dict(asked.validated_data)
        )
        return Response(self.get_serializer(rule).data)
