"""Whether recipients of a channel want its mails, and the page they say it on."""

from typing import Any

from django.http import HttpRequest
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import mailing
from accounts.mail_views import MailPage, Told
from analytics.alert_serializers.channels import ConfirmationListSerializer
from analytics.alert_views.channels import ChannelsMixin
from analytics.alerts import confirming

REFUSED = (
    "Your address refuses all mails from here. Allow them first, by the last link of the mail."
)


class ConfirmationsView(ChannelsMixin):
    """What each recipient of an e-mail channel said."""

    pagination_class = None
    problem_statuses = (429,)

    @extend_schema(operation_id="channel_confirmations", responses=ConfirmationListSerializer)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Of each recipient whether it was asked, and what it said."""
        return self._answer()

    @extend_schema(
        operation_id="channel_confirmations_ask",
        request=None,
        responses=ConfirmationListSerializer,
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Ask who has not said yes once more: a day later at the soonest, three times in all."""
        site = request.build_absolute_uri("/")
        confirming.ask_again(self.get_object(), self.actor, site)
        return self._answer()

    def _answer(self) -> Response:
        standing = list(confirming.standing(self.get_object()))
        return Response(ConfirmationListSerializer({"results": standing}).data)


class ConfirmPage(MailPage):
    """Where a recipient says yes to the alerts of a project."""

    title = "Alerts by mail"
    button = "Yes, mail me these alerts"

    def ask(self, request: HttpRequest, link: str) -> Told:
        row = confirming.read_link(link)
        project = f"the project “{row.project.name[:60]}”"
        if mailing.refused([row.address]):
            return Told(REFUSED)
        if row.confirmed_at:
            return Told(f"You confirmed already that {row.address} gets alerts of {project}.")
        return Told(
            f"Alerts of {project} are to be mailed to {row.address}. Do you want them?", asks=True
        )

    def act(self, request: HttpRequest, link: str) -> Told:
        row = confirming.read_link(link)
        confirming.confirm(row)
        if mailing.refused([row.address]):
            return Told(REFUSED)
        return Told("Thank you. Alerts of the project are mailed to you from now on.")
