"""Access and refresh tokens: short-lived, rotated, one chain per sign-in.

Both kinds carry the id of their chain. Signing out deletes its row, which revokes all its tokens.
"""

import uuid
from dataclasses import dataclass
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import RefreshToken, Token
from rest_framework_simplejwt.utils import datetime_from_epoch

from accounts import audit
from accounts.models import RefreshFamily, User
from diip.common.errors import Unauthenticated

MAX_TOKEN_LENGTH = 2048
"""Longer tokens are refused without decoding; DIIP's have about 400 characters."""

AnyToken = TypeVar("AnyToken", bound=Token)


@dataclass(frozen=True)
class TokenPair:
    access: str
    refresh: str


def issue(user: User) -> TokenPair:
    """Start a sign-in and return its first pair.

    Raises Unauthenticated if the account was deleted.
    """
    if not User.objects.filter(pk=user.pk).update(last_login=timezone.now()):
        raise Unauthenticated("This account was deleted.")
    token = _sealed(user)
    family = RefreshFamily.objects.create(
        user=user, current_jti=token["jti"], expires_at=datetime_from_epoch(token["exp"])
    )
    return _pair(token, str(family.pk))


def rotate(raw: str) -> TokenPair:
    """Exchange a refresh token for a new pair. A reused token revokes its chain.

    Raises Unauthenticated.
    """
    spent = read(RefreshToken, raw)
    token = _sealed(_owner_of(spent))
    family = RefreshFamily.objects.filter(pk=spent["family"])
    won = family.filter(current_jti=spent["jti"]).update(
        current_jti=token["jti"], expires_at=datetime_from_epoch(token["exp"])
    )
    if not won:
        _end_reused(family, spent)
        raise Unauthenticated("This refresh token was used or signed out. Sign in again.")
    return _pair(token, spent["family"])


def revoke(raw: str) -> None:
    """Sign out: revoke all tokens of this chain. Raises Unauthenticated."""
    families = RefreshFamily.objects.filter(pk=read(RefreshToken, raw)["family"])
    with transaction.atomic():
        user = User.objects.filter(refresh_families__in=families).first()
        ended, _ = families.delete()
        if user and ended:
            audit.record(
                user, audit.AuditRecord("account.signed_out", f"account {user.pk} {user.email}")
            )


def _end_reused(family: "QuerySet[RefreshFamily]", spent: RefreshToken) -> None:
    """Revoke the chain; record it once, however often the token is presented."""
    with transaction.atomic():
        ended, _ = family.delete()
        if ended:
            target = f"account {spent['user_id']}"
            audit.record(None, audit.AuditRecord("account.refresh_token_reused", target))


def revoke_all(user: User) -> None:
    user.refresh_families.all().delete()


def read(kind: type[AnyToken], raw: str | bytes) -> AnyToken:
    """Check signature, age and kind of a token. Raises Unauthenticated."""
    if len(raw) > MAX_TOKEN_LENGTH:
        raise Unauthenticated("This token is not valid. Sign in again.")
    try:
        return kind(raw)  # type: ignore[arg-type] # its annotation is wrong
    except TokenError as error:
        raise Unauthenticated("This token has expired or is not valid. Sign in again.") from error


def bearer_of(token: Token) -> User:
    """Return the account of a valid access token, with one query.

    Raises Unauthenticated if the sign-in ended.
    """
    return _owner_of(token, refresh_families=_family_of(token))


def _owner_of(token: Token, **sign_in: uuid.UUID) -> User:
    found = User.objects.filter(pk=token["user_id"], is_active=True, **sign_in)[:1]
    for user in found:
        if constant_time_compare(token.get("seal", ""), user.token_seal):
            return user
    raise Unauthenticated("This sign-in has ended or the password changed. Sign in again.")


def _family_of(token: Token) -> uuid.UUID:
    try:
        return uuid.UUID(str(token.get("family", "")))
    except ValueError:
        raise Unauthenticated("This token has no sign-in id. Sign in again.") from None


def _sealed(user: User) -> RefreshToken:
    token = RefreshToken()
    token["user_id"] = str(user.pk)
    token["seal"] = user.token_seal
    return token


def _pair(token: RefreshToken, family: str) -> TokenPair:
    token["family"] = family
    return TokenPair(access=str(token.access_token), refresh=str(token))
