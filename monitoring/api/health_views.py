"""How DIIP is doing, for administrators."""

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
    message = serializers.CharField(help_text="What is so, in plain words.")
    fix = serializers.CharField(help_text="What to do; empty where nothing is to be done.")
    details = serializers.DictField(help_text="The figures behind it; they differ by component.")


class HealthSerializer(serializers.Serializer[object]):
    status = serializers.ChoiceField(STATES, help_text="That of the worst component.")
    at = serializers.DateTimeField()
    took_ms = serializers.IntegerField()
    components = ComponentSerializer(many=True)


class HealthView(APIView):
    permission_classes = (IsAdminUser,)
    problem_statuses = (403,)

    @extend_schema(responses=HealthSerializer)
    def get(self, request: Request) -> Response:
        """Every part of DIIP: its state, what is so in plain words, and the fix.

        200 also where parts fail: `status` says so. Where the database itself is down nobody can
        be told to be an admin: that is a 503, with `Retry-After`.
        """
        report = health.report()
        return Response({"status": report.status, **asdict(report)})
