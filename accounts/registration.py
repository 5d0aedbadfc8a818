"""Making an account: at once, or where mail is set up once the address has answered.

With mail, a new address and a taken one get the same answer after the same work; what differs is
written in the mail, to whoever reads the mails of that address.
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

LOOK_AT_MAILS = "Look at your mails: one says how to go on."
PACE = mailing.Pace("account", timedelta(minutes=10), 3, rest=timedelta(days=1))
LIFETIME = timedelta(days=2)
RETRY = timedelta(minutes=2)
NEW_SUBJECT = "Confirm your address"
NEW_TEXT = (
    "Somebody asked for an account of DIIP with this address.",
    "If it was you, go on here within 2 days, with the password you chose: {link}",
    "If you know nothing of it, do nothing.",
)
TAKEN_SUBJECT = "You have an account already"
TAKEN_TEXT = (
    "Somebody asked for an account of DIIP with this address, which has one already.",
    "If it was you, sign in at {site} with the password you have. If not, do nothing.",
)
_SALT = "accounts.registration"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    email: str
    password: str = field(repr=False)
    username: str | None
    address: str
    """The client's."""


def register(asked: Asked) -> User:
    """A new developer account, without a mail to confirm it.

    That an address is taken cannot be hidden so. What can be done is done: registrations are
    counted per client address, so that nobody walks a list.
    """
    user = _checked(asked)
    user.set_password(asked.password)
    return _store(user, address=asked.address)


def ask_by_mail(asked: Asked, *, site: str) -> None:
    """Nothing here depends on whether the address has an account."""
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
    """Said openly: usernames are names that members of projects read."""
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
    mailing.send_due(PendingAccount.objects.all(), _send, retry=RETRY, seconds=seconds)


def _send(pending: PendingAccount) -> None:
    is_taken = User.objects.filter(email=pending.email).exists()
    subject, texts = (TAKEN_SUBJECT, TAKEN_TEXT) if is_taken else (NEW_SUBJECT, NEW_TEXT)
    paragraphs = [text.format(link=link_of(pending), site=pending.site) for text in texts]
    mail = mailing.Mail(str(pending.email), subject, paragraphs, pending.site)
    # Apart from those of alerts: who registers a thousand addresses stops no alert.
    limits = {"registering": settings.DIIP_CONFIRMATIONS_PER_DAY}
    mailing.send_question(PACE, mail, PendingAccount.objects.filter(pk=pending.pk), limits=limits)


def link_of(pending: PendingAccount) -> str:
    return mailing.link(pending.site, "mail-account", signing.dumps(pending.pk, salt=_SALT))


# --- the answer -----------------------------------------------------------------------------------


def read_link(given: str) -> PendingAccount:
    pk = mailing.read_link(given, salt=_SALT, max_age=LIFETIME)
    pending = PendingAccount.objects.filter(pk=pk).first()
    if pending is None:
        raise InvalidInput("This address is confirmed already, or was not in time.", field="link")
    return pending


def confirm(link: str, password: str, *, address: str) -> User:
    """The password proves that who reads the mails is who registered: else a stranger who
    registers an address of yours would have an account that you confirmed."""
    pending = read_link(link)
    rate_limits.reserve("password_change", f"pending:{pending.pk}")
    if not check_password(password, pending.password):
        raise InvalidInput("This is not the password you registered with.", field="password")
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
