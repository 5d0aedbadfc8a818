"""Endpoint of the health report, for administrators."""

from dataclasses import asdict

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from monitoring import health
from monitoring.health import State

STATES = [state.value for state in State]


class ComponentSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    status = serializers.ChoiceField(STATES)
    message = serializers.CharField(help_text="Current state, in plain English.")
    fix = serializers.CharField(help_text="Action to take; empty if none is needed.")
    details = serializers.DictField(help_text="Figures; the keys depend on the component.")


class HealthSerializer(serializers.Serializer[object]):
    status = serializers.ChoiceField(STATES, help_text="Status of the worst component.")
    at = serializers.DateTimeField()
    took_ms = serializers.IntegerField()
    components = ComponentSerializer(many=True)


class HealthView(APIView):
    permission_classes = (IsAdminUser,)
    problem_statuses = (403,)

    @extend_schema(responses=HealthSerializer)
    def get(self, request: Request) -> Response:
        """Return status, message and fix of every component of DIIP.

        Responds 200 even if components fail: see `status`. If the database is down, no admin can
        be authenticated: the response is 503 with `Retry-After`.
        """
        report = health.report()
        return Response({"status": report.status, **asdict(report)})
