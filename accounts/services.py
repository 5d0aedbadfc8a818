"""Account services: sign-in, profile and password changes, deactivation."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit
from accounts.audit import AuditRecord
from accounts.fields import normalise_email
from accounts.models import User
from accounts.sign_in import rate_limits, tokens
from accounts.sign_in.known_browsers import KnownBrowser
from diip.common.errors import Conflict, InvalidInput, TooManyRequests, Unauthenticated


def authenticate(
    *, login: str, password: str, address: str, known: KnownBrowser | None = None
) -> User:
    """Return the account of these credentials.

    Every failure has the same message and the same cost, to reveal nothing about accounts.

    Raises Unauthenticated and TooManyRequests.
    """
    user = User.objects.find_by_login(login)
    is_known = known is not None and user is not None and known.user_id == user.pk
    limits = (
        _KnownBrowserLimits(known)
        if known and is_known
        else _SharedLimits(_account_key(user, login), address)
    )
    limits.reserve()
    is_right = _is_password(user, password)
    if user is None or not is_right or not user.is_active:
        _note_refusal(user, address)
        raise Unauthenticated("Wrong name or password, or the account is not active.")
    limits.forget()
    audit.record(user, AuditRecord("account.signed_in", named(user), address=address))
    return user


@dataclass(frozen=True)
class _SharedLimits:
    """Limits for unknown clients: they share ten attempts per account."""

    account: str
    address: str

    def reserve(self) -> None:
        rate_limits.reserve("login_by_address", self.address)
        rate_limits.reserve("login_by_account", self.account)

    def forget(self) -> None:
        rate_limits.forget("login_by_account", self.account)
        rate_limits.give_back("login_by_address", self.address)


@dataclass(frozen=True)
class _KnownBrowserLimits:
    """Limits for one browser that signed in before; other clients do not count."""

    known: KnownBrowser

    def reserve(self) -> None:
        rate_limits.reserve("login_by_known_browser", self.known.name)

    def forget(self) -> None:
        rate_limits.forget("login_by_known_browser", self.known.name)


def _note_refusal(user: User | None, address: str) -> None:
    """Record a refused sign-in, a few times per account or address and window.

    The limit keeps floods out of the trail. The typed name is not stored: it may be a password.
    """
    try:
        rate_limits.reserve(rate_limits.IN_TRAIL, f"user:{user.pk}" if user else f"from:{address}")
    except TooManyRequests:
        return
    target = named(user) if user else "no account"
    audit.record(None, AuditRecord("account.sign_in_refused", target, address=address))


def named(user: User) -> str:
    return f"account {user.pk} {user.email}"


def change_username(*, user: User, username: str | None) -> User:
    user.username = username
    check_fields(user)
    # No save(): it would recreate an account that is deleted at the same time.
    row = User.objects.filter(pk=user.pk)
    with transaction.atomic():
        claim_names(user, lambda: row.update(username=user.username, updated_at=timezone.now()))
        audit.record(user, AuditRecord("account.username_changed", named(user)))
    return user


def change_password(*, user: User, old_password: str, new_password: str) -> None:
    """Change the password and revoke all tokens.

    Attempts count separately from sign-in, so that failed sign-ins by others do not block it.

    Raises InvalidInput and TooManyRequests.
    """
    rate_limits.reserve("password_change", str(user.pk))
    if not user.check_password(old_password):
        raise InvalidInput("This is not your current password.", field="old_password")
    rate_limits.forget("password_change", str(user.pk))
    check_strength(new_password, user, field="new_password")
    user.set_password(new_password)
    row = User.objects.filter(pk=user.pk)
    with transaction.atomic():
        row.update(password=user.password, updated_at=timezone.now())
        tokens.revoke_all(user)
        audit.record(user, AuditRecord("account.password_changed", named(user)))


def sign_out_everywhere(*, user: User) -> int:
    """End all API and browser sign-ins; return how many."""
    families = user.refresh_families.count()
    tokens.revoke_all(user)
    return families + _end_sessions(user)


def _end_sessions(user: User) -> int:
    """Delete the user's sessions; return how many.

    Reads all sessions, because the user id is encoded inside. Only admins have sessions.
    """
    mine = [
        session.pk
        for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator()
        if session.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]
    Session.objects.filter(pk__in=mine).delete()
    return len(mine)


def set_active(*, user: User, actor: User, is_active: bool) -> None:
    if user == actor:
        raise Conflict("You cannot change your own account here. Ask another admin.")
    if user.is_active == is_active:
        raise Conflict(f"The account is already {'active' if is_active else 'deactivated'}.")
    User.objects.filter(pk=user.pk).update(is_active=is_active, updated_at=timezone.now())
    if not is_active:
        sign_out_everywhere(user=user)


def _is_password(user: User | None, password: str) -> bool:
    """Check the password; without a user, at the same cost."""
    return (user or User()).check_password(password)


def _account_key(user: User | None, login: str) -> str:
    """One for all the names of an account: they must not add up to more tries."""
    return f"user:{user.pk}" if user else f"name:{normalise_email(login)}"


def check_fields(user: User) -> None:
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(" ".join(messages), field=field) from error


def check_strength(password: str, user: User, *, field: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), field=field) from error


def claim_names(user: User, write: Callable[[], object]) -> None:
    """Run `write`; raise InvalidInput if e-mail or username is taken.

    The unique constraints decide: a check beforehand would let two requests pass.
    """
    try:
        with transaction.atomic():
            write()
    except IntegrityError as error:
        others = User.objects.exclude(pk=user.pk)
        if others.filter(email=user.email).exists():
            message = "An account with this e-mail address already exists. Sign in instead."
            raise InvalidInput(message, field="email") from error
        raise InvalidInput("This username is taken.", field="username") from error
