"""Registration: immediate, or after mail confirmation where mail is configured.

With mail, new and taken addresses get the same response after the same work. Only the mail, which
the owner of the address reads, differs.
"""

import logging
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core import signing
from django.db import transaction
from django.utils import timezone

from accounts import audit, mailing
from accounts.audit import AuditRecord
from accounts.models import PendingAccount, User
from accounts.services import check_fields, check_strength, claim_names, named
from accounts.sign_in import rate_limits
from diip.common.errors import InvalidInput

CHECK_MAIL = "Check your mail. It contains the next step."
PACE = mailing.Pace("account", timedelta(minutes=10), 3, rest=timedelta(days=1))
LIFETIME = timedelta(days=2)
RETRY = timedelta(minutes=2)
NEW_SUBJECT = "Confirm your address"
NEW_TEXT = (
    "A DIIP account was requested for this address.",
    "To confirm it, open this link within 2 days and enter the password you chose: {link}",
    "If you did not request it, ignore this mail.",
)
TAKEN_SUBJECT = "You already have an account"
TAKEN_TEXT = (
    "A DIIP account was requested for this address, which already has one.",
    "To sign in, use your existing password at {site}. If you did not request it, ignore it.",
)
_SALT = "accounts.registration"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    email: str
    password: str = field(repr=False)
    username: str | None
    address: str
    """Client address."""


def register(asked: Asked) -> User:
    """Create a developer account without mail confirmation.

    This reveals whether an address is taken. A limit per client address prevents trying a list
    of addresses.

    Raises InvalidInput and TooManyRequests.
    """
    user = _checked(asked)
    user.set_password(asked.password)
    return _store(user, address=asked.address)


def ask_by_mail(asked: Asked, *, site: str) -> None:
    """Store a registration and queue its mail, in the same way for taken addresses.

    Raises InvalidInput and TooManyRequests.
    """
    user = _checked(asked)
    _refuse_taken_username(user)
    PendingAccount.objects.create(
        email=user.email,
        username=user.username,
        password=make_password(asked.password),
        site=site,
    )


def _checked(asked: Asked) -> User:
    user = User(email=asked.email, username=asked.username)
    check_fields(user)
    check_strength(asked.password, user, field="password")
    rate_limits.reserve("registration_by_address", asked.address)
    return user


def _refuse_taken_username(user: User) -> None:
    """Raise InvalidInput; usernames are visible to project members, so not secret."""
    name = user.username
    if name and User.objects.filter(username__iexact=name).exists():
        raise InvalidInput("This username is taken.", field="username")


def _store(user: User, *, address: str) -> User:
    with transaction.atomic():
        claim_names(user, lambda: user.save(force_insert=True))
        audit.record(user, AuditRecord("account.registered", named(user), address=address))
    return user


# --- the mail -------------------------------------------------------------------------------------


def send_due(*, seconds: float) -> None:
    """Send due registration mails for at most `seconds`."""
    mailing.send_due(PendingAccount.objects.all(), _send, retry=RETRY, seconds=seconds)


def _send(pending: PendingAccount) -> None:
    is_taken = User.objects.filter(email=pending.email).exists()
    subject, texts = (TAKEN_SUBJECT, TAKEN_TEXT) if is_taken else (NEW_SUBJECT, NEW_TEXT)
    paragraphs = [text.format(link=link_of(pending), site=pending.site) for text in texts]
    mail = mailing.Mail(str(pending.email), subject, paragraphs, pending.site)
    # A separate count from alerts: a flood of registrations must not stop alerts.
    limits = {"registering": settings.DIIP_CONFIRMATIONS_PER_DAY}
    mailing.send_question(PACE, mail, PendingAccount.objects.filter(pk=pending.pk), limits=limits)


def link_of(pending: PendingAccount) -> str:
    return mailing.link(pending.site, "mail-account", signing.dumps(pending.pk, salt=_SALT))


# --- confirmation ---------------------------------------------------------------------------------


def read_link(given: str) -> PendingAccount:
    pk = mailing.read_link(given, salt=_SALT, max_age=LIFETIME)
    pending = PendingAccount.objects.filter(pk=pk).first()
    if pending is None:
        raise InvalidInput(
            "This registration is already confirmed or has expired. If you cannot sign in, "
            "register again.",
            field="link",
        )
    return pending


def confirm(link: str, password: str, *, address: str) -> User:
    """Create the account of a pending registration.

    The password proves that the reader of the mail also registered. Otherwise a stranger could
    register your address and you would confirm their account.

    Raises InvalidInput and TooManyRequests.
    """
    pending = read_link(link)
    rate_limits.reserve("password_change", f"pending:{pending.pk}")
    if not check_password(password, pending.password):
        raise InvalidInput(
            "Wrong password. Enter the password you chose at registration.", field="password"
        )
    user = User(
        email=pending.email,
        username=pending.username,
        password=pending.password,
        email_confirmed_at=timezone.now(),
    )
    with transaction.atomic():
        _store(user, address=address)
        PendingAccount.objects.filter(email=pending.email).delete()
    mailing.note_answer(PACE, str(pending.email))
    return user


def prune() -> None:
    PendingAccount.objects.filter(created_at__lt=timezone.now() - LIFETIME).delete()
