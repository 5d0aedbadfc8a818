"""Browsers and programs that signed in to an account before have separate attempt limits.

Unknown clients share ten attempts per account, which stops guessing from many addresses. A
successful sign-in returns a signed token, as a cookie and a header. Clients that send it are
counted separately, so others cannot lock them out. The token does not replace the password.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.models import User

COOKIE = "diip_known"
HEADER = "X-Known-Client"
LIFETIME = timedelta(days=180)
_SALT = "accounts.sign_in.known_browsers"
_MAX_LENGTH = 200


@dataclass(frozen=True)
class KnownBrowser:
    user_id: int
    name: str
    """Random name; key of its attempt counter."""

    def signed(self) -> str:
        return signing.dumps([self.user_id, self.name], salt=_SALT)


def read(request: HttpRequest) -> KnownBrowser | None:
    """Return the known browser of a request; None without a valid token."""
    given = request.headers.get(HEADER) or request.COOKIES.get(COOKIE, "")
    if not given.isascii() or len(given) > _MAX_LENGTH:
        return None
    try:
        return KnownBrowser(*signing.loads(given, salt=_SALT, max_age=LIFETIME))
    except signing.BadSignature:
        return None


def remember(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """Set or renew the token on the response, after a successful sign-in."""
    known = read(request)
    if known is None or known.user_id != user.pk:
        known = KnownBrowser(user.pk, secrets.token_urlsafe(12))
    response[HEADER] = known.signed()
    response.set_cookie(
        COOKIE,
        known.signed(),
        max_age=LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
