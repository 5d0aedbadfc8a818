"""Accounts: signing in, changing what may be changed."""

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
    """The account of these credentials. The same words and the same work whatever is wrong."""
    user = User.objects.find_by_login(login)
    is_known = known is not None and user is not None and known.user_id == user.pk
    count = _KnownTries(known) if known and is_known else _Tries(_account_key(user, login), address)
    count.reserve()
    is_right = _is_password(user, password)
    if user is None or not is_right or not user.is_active:
        _note_refusal(user, address)
        raise Unauthenticated("No active account has this name and this password.")
    count.forget()
    audit.record(user, AuditRecord("account.signed_in", named(user), address=address))
    return user


@dataclass(frozen=True)
class _Tries:
    """Of strangers: all of them together have ten an account."""

    account: str
    address: str

    def reserve(self) -> None:
        rate_limits.reserve("login_by_address", self.address)
        rate_limits.reserve("login_by_account", self.account)

    def forget(self) -> None:
        rate_limits.forget("login_by_account", self.account)
        rate_limits.give_back("login_by_address", self.address)


@dataclass(frozen=True)
class _KnownTries:
    """Of one browser that signed in to the account before: what strangers do is not counted."""

    known: KnownBrowser

    def reserve(self) -> None:
        rate_limits.reserve("login_by_known_browser", self.known.name)

    def forget(self) -> None:
        rate_limits.forget("login_by_known_browser", self.known.name)


def _note_refusal(user: User | None, address: str) -> None:
    """A few lines an account and window, for names of nobody a few an address: no flood fills the
    trail. What was typed as a name is not kept: it may be a password."""
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
    # No save(): it would bring back an account that is deleted at this moment.
    row = User.objects.filter(pk=user.pk)
    with transaction.atomic():
        claim_names(user, lambda: row.update(username=user.username, updated_at=timezone.now()))
        audit.record(user, AuditRecord("account.username_changed", named(user)))
    return user


def change_password(*, user: User, old_password: str, new_password: str) -> None:
    """Ends every token of the account. Guesses of the old one have a count of their own: what
    strangers try at sign-in keeps nobody from a new password."""
    rate_limits.reserve("password_change", str(user.pk))
    if not user.check_password(old_password):
        raise InvalidInput("This is not your present password.", field="old_password")
    rate_limits.forget("password_change", str(user.pk))
    check_strength(new_password, user, field="new_password")
    user.set_password(new_password)
    row = User.objects.filter(pk=user.pk)
    with transaction.atomic():
        row.update(password=user.password, updated_at=timezone.now())
        tokens.revoke_all(user)
        audit.record(user, AuditRecord("account.password_changed", named(user)))


def sign_out_everywhere(*, user: User) -> int:
    """How many sign-ins ended, over the API and in browsers."""
    families = user.refresh_families.count()
    tokens.revoke_all(user)
    return families + _end_sessions(user)


def _end_sessions(user: User) -> int:
    """Only admins have sessions, so there are few; whose one is, stands only inside it."""
    mine = [
        session.pk
        for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator()
        if session.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]
    Session.objects.filter(pk__in=mine).delete()
    return len(mine)


def set_active(*, user: User, actor: User, is_active: bool) -> None:
    if user == actor:
        raise Conflict("This is you: let another admin do it.")
    if user.is_active == is_active:
        raise Conflict("It is active already." if is_active else "It is not active already.")
    User.objects.filter(pk=user.pk).update(is_active=is_active, updated_at=timezone.now())
    if not is_active:
        sign_out_everywhere(user=user)


def _is_password(user: User | None, password: str) -> bool:
    """A new User has no hash: checking that costs as much as checking a wrong password."""
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
    """The database decides who was first: looking beforehand would let two pass at once."""
    try:
        with transaction.atomic():
            write()
    except IntegrityError as error:
        others = User.objects.exclude(pk=user.pk)
        if others.filter(email=user.email).exists():
            message = "An account with this e-mail address exists already. Sign in instead."
            raise InvalidInput(message, field="email") from error
        raise InvalidInput("This username is taken.", field="username") from error
