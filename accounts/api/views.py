"""Registering, signing in and out, one's own account."""

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
    description="From an earlier sign-in to this account; gives tries of its own.",
)


class PublicView(APIView):
    """Open to all: an old or broken token in the header does no harm here."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class RegisterView(PublicView):
    problem_statuses = (429,)

    @extend_schema(
        request=RegistrationSerializer,
        responses={201: AccountSerializer, 202: RegistrationAskedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make an account. Its role is `developer`; only an admin can raise it.

        Where mail is set up the answer is 202, the same for a new address and a taken one: a mail
        says how to go on. Without mail it is 201 with the account, or 400 for a taken address.
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
            return Response({"detail": registration.LOOK_AT_MAILS}, status.HTTP_202_ACCEPTED)
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
        """Sign in with `email` or `username`, and the password.

        The answer has a header `X-Known-Client`, and the same as a cookie: send either with the
        next sign-in, and wrong passwords of strangers do not keep you waiting.
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
        """Exchange a refresh token for a new pair. Using one twice ends the sign-in."""
        given = _checked(RefreshSerializer(data=request.data))
        return Response(asdict(tokens.rotate(given["refresh"])))


class LogoutView(PublicView):
    problem_statuses = (401,)

    @extend_schema(request=RefreshSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Sign out: the refresh token and all that came of the same sign-in end."""
        if "refresh" not in request.data:
            raise Unauthenticated("Send the refresh token to sign out: {refresh}.")
        given = _checked(RefreshSerializer(data=request.data))
        tokens.revoke(given["refresh"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeView(APIView):
    @extend_schema(responses={200: AccountSerializer})
    def get(self, request: Request) -> Response:
        """Your own account."""
        return Response(AccountSerializer(_me(request)).data)

    @extend_schema(request=ProfileSerializer, responses={200: AccountSerializer})
    def patch(self, request: Request) -> Response:
        """Change your username. E-mail and role stay as they are."""
        given = _checked(ProfileSerializer(data=request.data))
        user = _me(request)
        if "username" in given:
            user = services.change_username(user=user, username=given["username"])
        return Response(AccountSerializer(user).data)


class PasswordView(APIView):
    problem_statuses = (429,)

    @extend_schema(request=PasswordChangeSerializer, responses={200: TokenPairSerializer})
    def post(self, request: Request) -> Response:
        """Change your password. Every token of the account ends; the answer is a new pair."""
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
