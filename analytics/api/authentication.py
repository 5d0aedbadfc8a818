"""Links to the report: a browser sends no token, so the address itself says who asks.

A link opens one project's report and nothing else, for an hour, as long as the account of who made
it is active, has the same password, and (as with every request) may see the project.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.core import signing
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import User

LIFETIME = timedelta(hours=1)
LINK = "link"
"""The parameter that holds it."""
_SALT = "analytics.report.link"
_LONGEST = 500


class Claims(NamedTuple):
    project_id: int
    user_id: int
    seal: str


def sign_link(project_id: int, user: User) -> tuple[str, datetime]:
    """What stands in the address, and until when it opens the report."""
    claims = Claims(project_id, user.pk, user.token_seal)
    return signing.dumps(claims, salt=_SALT), timezone.now() + LIFETIME


class LinkAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, str] | None:
        given = request.query_params.get(LINK)
        if given is None:
            return None
        claims = _read(given)
        if claims.project_id != request.parser_context["kwargs"]["project_id"]:
            raise AuthenticationFailed("This link is for another project's report.")
        user = User.objects.filter(pk=claims.user_id, is_active=True).first()
        if user is None or not constant_time_compare(claims.seal, user.token_seal):
            raise AuthenticationFailed("This link counts no more: ask for a new one.")
        return user, given


def _read(given: str) -> Claims:
    try:
        if len(given) > _LONGEST:
            raise signing.BadSignature
        return Claims(*signing.loads(given, salt=_SALT, max_age=LIFETIME))
    except signing.SignatureExpired:
        raise AuthenticationFailed(
            "This link has expired, it holds for an hour. Ask for a new one: "
            "POST analytics/report/link/."
        ) from None
    except signing.BadSignature:
        raise AuthenticationFailed(
            "This link is none of ours, or was cut off. Copy all of it, or ask for a new one: "
            "POST analytics/report/link/."
        ) from None


class LinkScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "analytics.api.authentication.LinkAuthentication"
    name = "reportLink"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "query", "name": LINK}
