"""Browsers and programs that signed in to an account before: they have tries of their own.

Strangers share ten tries an account, so that nobody guesses a password from many addresses. A
success leaves a signed mark, in a cookie and in a header; who shows it is counted apart, and is
not locked out by strangers. The mark opens nothing: it needs the password like everybody.
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
_LONGEST = 200


@dataclass(frozen=True)
class KnownBrowser:
    user_id: int
    name: str
    """Random; what its own tries are counted by."""

    def signed(self) -> str:
        return signing.dumps([self.user_id, self.name], salt=_SALT)


def read(request: HttpRequest) -> KnownBrowser | None:
    """None: there is no mark of ours, or it is too old."""
    given = request.headers.get(HEADER) or request.COOKIES.get(COOKIE, "")
    if not given.isascii() or len(given) > _LONGEST:
        return None
    try:
        return KnownBrowser(*signing.loads(given, salt=_SALT, max_age=LIFETIME))
    except signing.BadSignature:
        return None


def remember(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """After a success: the mark is renewed, or made."""
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
