"""API views for webhook setup: address, one-time secret and steps in the tracker."""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.models import Integration
from integrations.webhooks import deliveries, receive
from projects.scoping import ProjectScopedMixin

HIDDEN = "(shown once, when it was made)"
UNREACHABLE = (
    "This address belongs to this machine or a private network; the tracker must be able to "
    "reach it. Open DIIP by its public name and repeat the request."
)


class WebhookSerializer(serializers.Serializer[Any]):
    """Webhook setup. `steps` lists the actions in the tracker, one sentence each."""

    url = serializers.CharField()
    is_on = serializers.BooleanField(help_text="A secret is set: signed deliveries are accepted.")
    secret_made_at = serializers.DateTimeField(allow_null=True)
    last_delivery_at = serializers.DateTimeField(allow_null=True)
    deliveries = serializers.IntegerField(
        help_text="Deliveries in the last 30 days, without copies."
    )
    copies = serializers.IntegerField(help_text="Repeated deliveries, which had no effect.")
    steps = serializers.ListField(child=serializers.CharField())
    notes = serializers.ListField(child=serializers.CharField())


class NewWebhookSerializer(WebhookSerializer):
    secret = serializers.CharField(help_text="Shown only once.")
    previous_still_valid = serializers.BooleanField(
        help_text="The previous secret stays valid until the next one is made."
    )


class WebhookView(ProjectScopedMixin):
    """Set up webhooks. Deliveries only trigger a refetch; polling continues."""

    @extend_schema(operation_id="webhook_read", responses=WebhookSerializer)
    def get(self, request: Request, project_id: int, integration_id: int) -> Response:
        integration = self._integration(integration_id)
        return Response(WebhookSerializer(_shown(request, integration, HIDDEN)).data)

    @extend_schema(
        operation_id="webhook_renew", request=None, responses={201: NewWebhookSerializer}
    )
    def post(self, request: Request, project_id: int, integration_id: int) -> Response:
        """Make a new secret. The previous one stays valid until the next is made."""
        integration = self._integration(integration_id)
        secret = receive.renew_secret(integration=integration, actor=self.actor)
        shown = _shown(request, integration, secret)
        are_two = len(receive.read_secrets(integration)) > 1
        shown |= {"secret": secret, "previous_still_valid": are_two}
        return Response(NewWebhookSerializer(shown).data, status=status.HTTP_201_CREATED)

    @extend_schema(operation_id="webhook_drop", responses={204: None})
    def delete(self, request: Request, project_id: int, integration_id: int) -> Response:
        """Stop accepting deliveries."""
        integration = self._integration(integration_id)
        receive.drop_secrets(integration=integration, actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _integration(self, integration_id: int) -> Integration:
        found: Integration = get_object_or_404(
            Integration.objects.of(self.project), pk=integration_id
        )
        receive.webhooks_of(found)
        return found


def _shown(request: Request, integration: Integration, secret: str) -> dict[str, Any]:
    path = reverse("webhook-delivery", args=[integration.provider, integration.pk])
    url = request.build_absolute_uri(path)
    different, copies = deliveries.count_recent(integration)
    return {
        "url": url,
        "is_on": bool(receive.read_secrets(integration)),
        "secret_made_at": integration.webhook_set_at,
        "last_delivery_at": integration.webhook_seen_at,
        "deliveries": different,
        "copies": copies,
        "steps": receive.steps(integration, url=url, secret=secret),
        "notes": [UNREACHABLE] if _is_inside(url) else [],
    }


def _is_inside(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or "." not in host
