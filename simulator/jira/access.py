"""Who asks: tokens of a site, scoped or not, and people who are nobody."""

import base64
import binascii
from collections.abc import Iterable

import msgspec

from simulator.web import Request

from .people import ME

SCOPED_PREFIX = "scoped-"


class Token(msgspec.Struct, frozen=True):
    """A token that the simulated Jira knows: an API token, a scoped one, or a server's PAT."""

    value: str
    login: str = ME
    email: str = ""
    """The only one it goes with; empty: any."""
    zone: str = ""
    """The account's time zone; empty: the site's."""
    scoped: bool = False
    """Good at the gateway alone."""
    sees_all: bool = False
    """Also what a security level or a closed project hides."""


class Asker(msgspec.Struct, frozen=True):
    """Who asks, as far as the answer depends on it. No login: nobody in particular."""

    login: str = ""
    zone: str = "Etc/UTC"
    sees_all: bool = False


NOBODY = Asker()


class Access:
    """The tokens. None named: every token is good, and `scoped-...` are the scoped ones."""

    def __init__(self, tokens: Iterable[Token], zone: str) -> None:
        self.tokens = {token.value: token for token in tokens}
        self.revoked: set[str] = set()
        self._zone = zone

    def token(self, value: str, email: str = "") -> Token | None:
        """The token, or None where it is not good (any more), or not with this address."""
        if not value or value in self.revoked:
            return None
        if not self.tokens:
            return Token(value, scoped=value.startswith(SCOPED_PREFIX))
        known = self.tokens.get(value)
        return known if known and (not known.email or known.email == email) else None

    def asker(self, token: Token) -> Asker:
        return Asker(token.login, token.zone or self._zone, token.sees_all)


def credentials(request: Request) -> tuple[str, str, str]:
    """(scheme, user, secret); all empty where there are none."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    scheme, value = scheme.lower(), value.strip()
    if scheme == "bearer":
        return scheme, "", value
    if scheme != "basic":
        return "", "", ""
    try:
        user, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return scheme, "", ""
    return scheme, user, secret
