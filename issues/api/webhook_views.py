"""Webhook endpoint for trackers: public, but accepts only signed deliveries."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from diip.common.errors import TooLarge
from integrations.models import WebhookDelivery
from integrations.webhooks import deliveries, receive
from issues import tasks

MAX_ID = 2**63 - 1


class DeliverySerializer(serializers.Serializer[Any]):
    effect = serializers.ChoiceField(
        WebhookDelivery.Effect.choices,
        help_text="issues: the named issues are refetched; scope: a sync is due; "
        "nothing: no effect.",
    )


class IgnoreAccept(DefaultContentNegotiation):
    """Content negotiation that ignores `Accept`, so that no valid delivery is lost."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type or ""


class WebhookDeliveryView(APIView):
    """Accept a signed delivery and respond at once; a run does the work."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = ()
    throttle_classes = ()
    content_negotiation_class = IgnoreAccept
    problem_statuses = (401, 413, 429)

    @extend_schema(
        operation_id="webhook_deliver",
        request={"application/json": OpenApiTypes.OBJECT},
        responses={200: DeliverySerializer, 202: DeliverySerializer},
    )
    def post(self, request: Request, provider: str, integration_id: int) -> Response:
        taken = receive.take_delivery(
            provider=provider,
            integration_id=min(integration_id, MAX_ID),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=_read(request._request),  # noqa: SLF001 - DRF would parse it
        )
        run_id = deliveries.ask_for_run(taken)
        if run_id is not None:
            tasks.send_runs([run_id])
        is_work = taken.integration is not None
        code = status.HTTP_202_ACCEPTED if is_work else status.HTTP_200_OK
        return Response({"effect": taken.effect}, status=code)


def _read(request: HttpRequest) -> bytes:
    """Read the raw body; Django's own body limit is meant for user input."""
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if declared.isdecimal() and int(declared) > receive.MAX_BODY_BYTES:
        raise TooLarge("A delivery may have at most 1 MB. The next sync will read the change.")
    body = request.read(receive.MAX_BODY_BYTES + 1)
    if len(body) > receive.MAX_BODY_BYTES:
        raise TooLarge("A delivery may have at most 1 MB. The next sync will read the change.")
    return body
