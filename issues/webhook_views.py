"""Where trackers push to: open to all, and closed to whatever is not signed."""

from typing import Any

from django.http import HttpRequest
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from diip.common.errors import Conflict, TooLarge
from integrations import webhooks
from integrations.models import SyncRun, WebhookDelivery
from integrations.services import request_sync
from issues import tasks

MAX_ID = 2**63 - 1


class DeliverySerializer(serializers.Serializer[Any]):
    effect = serializers.ChoiceField(
        WebhookDelivery.Effect.choices,
        help_text="issues: those named are asked for; scope: a sync is due; nothing.",
    )


class WebhookDeliveryView(APIView):
    """Takes a signed delivery and answers at once; the work is done by a run."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = ()
    problem_statuses = (401, 413)

    @extend_schema(
        operation_id="webhook_deliver",
        request={"application/json": OpenApiTypes.OBJECT},
        responses={200: DeliverySerializer, 202: DeliverySerializer},
    )
    def post(self, request: Request, provider: str, integration_id: int) -> Response:
        taken = webhooks.take_delivery(
            provider=provider,
            integration_id=min(integration_id, MAX_ID),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=_read(request._request),  # noqa: SLF001 - DRF would parse it
        )
        _begin(taken)
        is_work = taken.integration is not None
        code = status.HTTP_202_ACCEPTED if is_work else status.HTTP_200_OK
        return Response({"effect": taken.effect}, status=code)


def _read(request: HttpRequest) -> bytes:
    """To the byte, past Django's own limit for bodies, which is for people's."""
    body = request.read(webhooks.MAX_BODY_BYTES + 1)
    if len(body) > webhooks.MAX_BODY_BYTES:
        raise TooLarge("A delivery may have 5 MB.")
    return body


def _begin(taken: webhooks.Taken) -> None:
    if taken.integration is None:
        return
    is_scope = taken.effect == WebhookDelivery.Effect.SCOPE
    kind = SyncRun.Kind.INCREMENTAL if is_scope else SyncRun.Kind.TARGETED
    try:
        run, created = request_sync(
            integration=taken.integration, trigger=SyncRun.Trigger.WEBHOOK, kind=kind
        )
    except Conflict:
        return  # paused or waiting for a token: the hint stays for when it goes on
    if created:
        tasks.send_runs([run.pk])
