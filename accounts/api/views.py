"""Endpoints for registration, sign-in, sign-out and the user's own account."""

from dataclasses import asdict
from typing import cast

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from accounts import mailing, registration, services
from accounts.api.serializers import (
    AccountSerializer,
    CredentialsSerializer,
    PasswordChangeSerializer,
    ProfileSerializer,
    RefreshSerializer,
    RegistrationAskedSerializer,
    RegistrationSerializer,
    TokenPairSerializer,
)
from accounts.models import User
from accounts.sign_in import known_browsers, tokens
from diip.common.errors import Unauthenticated
from diip.common.http_api.client_address import client_address

KNOWN_CLIENT = OpenApiParameter(
    known_browsers.HEADER,
    str,
    OpenApiParameter.HEADER,
    description="From an earlier sign-in to this account; gives a separate attempt limit.",
)


class PublicView(APIView):
    """Public endpoint; ignores the Authorization header, so an expired token does not fail."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class RegisterView(PublicView):
    problem_statuses = (429,)

    @extend_schema(
        request=RegistrationSerializer,
        responses={201: AccountSerializer, 202: RegistrationAskedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Create an account with the role `developer`; only an admin can change the role.

        With mail configured the response is 202, for new and taken addresses alike; a mail
        contains the next step. Without mail it is 201 with the account, or 400 for a taken
        address.
        """
        given = _checked(RegistrationSerializer(data=request.data))
        asked = registration.Asked(
            email=given["email"],
            password=given["password"],
            username=given.get("username"),
            address=client_address(request),
        )
        if mailing.is_set_up():
            registration.ask_by_mail(asked, site=request.build_absolute_uri("/"))
            return Response({"detail": registration.CHECK_MAIL}, status.HTTP_202_ACCEPTED)
        user = registration.register(asked)
        return Response(AccountSerializer(user).data, status.HTTP_201_CREATED)


class LoginView(PublicView):
    problem_statuses = (401, 429)

    @extend_schema(
        parameters=[KNOWN_CLIENT],
        request=CredentialsSerializer,
        responses={200: TokenPairSerializer},
    )
    def post(self, request: Request) -> Response:
        """Sign in with `email` or `username` and the password.

        The response carries a header `X-Known-Client` and the same value as a cookie. Send
        either with the next sign-in: failed attempts by other clients then do not delay you.
        """
        given = _checked(CredentialsSerializer(data=request.data))
        user = services.authenticate(
            login=given.get("email") or given["username"],
            password=given["password"],
            address=client_address(request),
            known=known_browsers.read(request),
        )
        return _signed_in(request, user)


class RefreshView(PublicView):
    problem_statuses = (401,)

    @extend_schema(request=RefreshSerializer, responses={200: TokenPairSerializer})
    def post(self, request: Request) -> Response:
        """Exchange a refresh token for a new pair. A second use ends the sign-in."""
        given = _checked(RefreshSerializer(data=request.data))
        return Response(asdict(tokens.rotate(given["refresh"])))


class LogoutView(PublicView):
    problem_statuses = (401,)

    @extend_schema(request=RefreshSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Sign out: revoke all tokens of this sign-in."""
        if "refresh" not in request.data:
            raise Unauthenticated("Send the refresh token to sign out: {refresh}.")
        given = _checked(RefreshSerializer(data=request.data))
        tokens.revoke(given["refresh"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeView(APIView):
    @extend_schema(responses={200: AccountSerializer})
    def get(self, request: Request) -> Response:
        """Return your own account."""
        return Response(AccountSerializer(_me(request)).data)

    @extend_schema(request=ProfileSerializer, responses={200: AccountSerializer})
    def patch(self, request: Request) -> Response:
        """Change your username. E-mail and role cannot be changed here."""
        given = _checked(ProfileSerializer(data=request.data))
        user = _me(request)
        if "username" in given:
            user = services.change_username(user=user, username=given["username"])
        return Response(AccountSerializer(user).data)


class PasswordView(APIView):
    problem_statuses = (429,)

    @extend_schema(request=PasswordChangeSerializer, responses={200: TokenPairSerializer})
    def post(self, request: Request) -> Response:
        """Change your password. Revokes all tokens of the account; returns a new pair."""
        given = _checked(PasswordChangeSerializer(data=request.data))
        services.change_password(user=_me(request), **given)
        return _signed_in(request, _me(request))


def _signed_in(request: Request, user: User) -> Response:
    response = Response(asdict(tokens.issue(user)))
    known_browsers.remember(request, response, user)
    return response


def _checked(serializer: BaseSerializer[User]) -> dict[str, str]:
    serializer.is_valid(raise_exception=True)
    return cast("dict[str, str]", serializer.validated_data)


def _me(request: Request) -> User:
    return cast("User", request.user)
