"""Endpoints of channels, their confirmations and delivery log."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import mailing
from accounts.api.mail_views import MailPage, Told
from analytics.alerts import channel_secrets, channels, confirmation
from analytics.alerts.channels import Given
from analytics.api.channel_serializers import (
    AlertChannelSerializer,
    AlertDeliverySerializer,
    ChangeChannelSerializer,
    ConfirmationListSerializer,
    CreatedChannelSerializer,
    NewChannelSerializer,
    NewKeySerializer,
    TriedSerializer,
)
from analytics.models import AlertChannel, AlertDelivery
from diip.common.http_api.pagination import NumberedPages
from diip.common.http_api.query import KnownParametersMixin
from projects.scoping import ProjectScopedMixin


class ChannelsMixin(ProjectScopedMixin, generics.GenericAPIView[AlertChannel]):
    serializer_class = AlertChannelSerializer
    queryset = AlertChannel.objects.none()
    lookup_url_kwarg = "channel_id"

    def get_queryset(self) -> "QuerySet[AlertChannel]":
        return AlertChannel.objects.filter(project=self.project).order_by("id")


class ChannelListView(KnownParametersMixin, ChannelsMixin, generics.ListAPIView[AlertChannel]):
    pagination_class = NumberedPages
    problem_statuses = (409, 429)

    @extend_schema(request=NewChannelSerializer, responses={201: CreatedChannelSerializer})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Create a channel; only this response contains a webhook's signing secret."""
        serializer = NewChannelSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = dict(serializer.validated_data)
        kind = given.pop("kind")
        channel = channels.create_channel(
            project=self.project, actor=self.actor, kind=kind, given=_given(given, request)
        )
        secret = channel_secrets.read(channel).keys[0] if kind == AlertChannel.Kind.WEBHOOK else ""
        shown = CreatedChannelSerializer(channel, context={"secret": secret})
        return Response(shown.data, status=status.HTTP_201_CREATED)


class ChannelDetailView(ChannelsMixin, generics.RetrieveDestroyAPIView[AlertChannel]):
    """One channel. Deleting it also deletes its unsent messages and delivery log."""

    problem_statuses = (409, 429)

    def perform_destroy(self, instance: AlertChannel) -> None:
        channels.remove_channel(channel=instance, actor=self.actor)

    @extend_schema(request=ChangeChannelSerializer)
    def patch(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change the channel; a new URL or `enabled` true clears its failures."""
        serializer = ChangeChannelSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        channel = channels.change_channel(
            channel=self.get_object(),
            actor=self.actor,
            given=_given(dict(serializer.validated_data), request),
        )
        return Response(self.get_serializer(channel).data)


class EnableChannelView(ChannelsMixin):
    """Enable the channel, clear its failures and send waiting messages at once."""

    problem_statuses = (409,)

    @extend_schema(request=None)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        channel = channels.enable_channel(channel=self.get_object(), actor=self.actor)
        return Response(self.get_serializer(channel).data)


class TryChannelView(ChannelsMixin):
    """Send a test message now; on success the channel state becomes working."""

    problem_statuses = (409, 429)

    @extend_schema(request=None, responses=TriedSerializer)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        tried = channels.send_test(channel=self.get_object(), actor=self.actor)
        shown = {
            "success": tried.outcome.has_arrived,
            "status_code": tried.outcome.status_code,
            "duration_ms": tried.duration_ms,
            "reason": tried.outcome.reason,
        }
        return Response(TriedSerializer(shown).data)


class ChannelSecretView(ChannelsMixin):
    """Create a signing secret for a webhook; the previous one also signs."""

    problem_statuses = (409,)

    @extend_schema(request=None, responses={201: NewKeySerializer})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        keys = channels.renew_key(channel=self.get_object(), actor=self.actor).keys
        shown = {"secret": keys[0], "previous_still_signs": len(keys) > 1}
        return Response(NewKeySerializer(shown).data, status=status.HTTP_201_CREATED)


class DeliveryListView(
    KnownParametersMixin, ProjectScopedMixin, generics.ListAPIView[AlertDelivery]
):
    """List of delivery attempts of the last 30 days, newest first."""

    serializer_class = AlertDeliverySerializer
    pagination_class = NumberedPages
    queryset = AlertDelivery.objects.none()

    def get_queryset(self) -> "QuerySet[AlertDelivery]":
        mine = AlertChannel.objects.filter(project=self.project)
        channel = generics.get_object_or_404(mine, pk=self.kwargs["channel_id"])
        tries = AlertDelivery.objects.filter(message__channel=channel)
        return tries.select_related("message").order_by("-id")


def _given(columns: dict[str, Any], request: Request) -> Given:
    site = request.build_absolute_uri("/")
    return Given(url=columns.pop("url", ""), columns=columns, site=site)


REFUSED = (
    "Your address refuses all mails from here. Allow them first, by the last link of the mail."
)


class ConfirmationsView(ChannelsMixin):
    """Confirmations of the recipients of an e-mail channel."""

    pagination_class = None
    problem_statuses = (429,)

    @extend_schema(operation_id="channel_confirmations", responses=ConfirmationListSerializer)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the confirmation state of each recipient."""
        return self._answer()

    @extend_schema(
        operation_id="channel_confirmations_ask",
        request=None,
        responses=ConfirmationListSerializer,
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Request missing confirmations again: once a day, at most three times."""
        site = request.build_absolute_uri("/")
        confirmation.request_again(self.get_object(), self.actor, site)
        return self._answer()

    def _answer(self) -> Response:
        states = list(confirmation.confirmation_states(self.get_object()))
        return Response(ConfirmationListSerializer({"results": states}).data)


class ConfirmPage(MailPage):
    """Page on which a recipient confirms alerts of a project."""

    title = "Alerts by mail"
    button = "Confirm: send me these alerts"

    def ask(self, request: HttpRequest, link: str) -> Told:
        row = confirmation.read_link(link)
        project = f"the project “{row.project.name[:60]}”"
        if mailing.refused([row.address]):
            return Told(REFUSED)
        if row.confirmed_at:
            return Told(f"You already confirmed alerts of {project} for {row.address}.")
        return Told(f"Send alerts of {project} to {row.address}?", asks=True)

    def act(self, request: HttpRequest, link: str) -> Told:
        row = confirmation.read_link(link)
        confirmation.confirm(row)
        if mailing.refused([row.address]):
            return Told(REFUSED)
        return Told("Confirmed. You will receive alerts of this project by mail.")
