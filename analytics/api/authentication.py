"""Signed links to the report, for browsers, which send no token.

A link opens the report of one project for an hour. It stops working when the account that created
it is deactivated, changes its password or loses access to the project.
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
"""Query parameter of the signed link."""
_SALT = "analytics.report.link"
_LONGEST = 500


class Claims(NamedTuple):
    project_id: int
    user_id: int
    seal: str


def sign_link(project_id: int, user: User) -> tuple[str, datetime]:
    """Return the signed value for the URL and its expiry time."""
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
            raise AuthenticationFailed(
                "This link is no longer valid. Request a new one: POST analytics/report/link/."
            )
        return user, given


def _read(given: str) -> Claims:
    try:
        if len(given) > _LONGEST:
            raise signing.BadSignature
        return Claims(*signing.loads(given, salt=_SALT, max_age=LIFETIME))
    except signing.SignatureExpired:
        raise AuthenticationFailed(
            "This link has expired after one hour. Request a new one: POST analytics/report/link/."
        ) from None
    except signing.BadSignature:
        raise AuthenticationFailed(
            "This link is invalid or incomplete. Copy all of it, or request a new one: "
            "POST analytics/report/link/."
        ) from None


class LinkScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "analytics.api.authentication.LinkAuthentication"
    name = "reportLink"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "query", "name": LINK}
