"""Authentication of API requests by access token."""

from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from accounts.sign_in import tokens
from diip.common.errors import Unauthenticated
from diip.common.http_api import request_budget
from diip.common.http_api.client_address import client_address
from diip.common.observability.context import bind


class TokenAuthentication(JWTAuthentication):
    """Bearer authentication; each request checks that sign-in and account are still valid."""

    def authenticate(  # type: ignore[override] # its type variable is unbound
        self, request: Request
    ) -> tuple[User, AccessToken] | None:
        header = self.get_header(request)
        raw = self.get_raw_token(header) if header else None
        if raw is None:
            return None
        try:
            token = tokens.read(AccessToken, raw)
            user = tokens.bearer_of(token)
        except Unauthenticated as refusal:
            request_budget.spend_request(f"address {client_address(request)}")
            raise AuthenticationFailed(refusal.message) from refusal
        request_budget.spend_request(f"account {user.pk}")
        bind(user_id=user.pk)
        return user, token
