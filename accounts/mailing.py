"""Mails to unconfirmed addresses: ask for consent, limit the count, respect refusals.

Users choose the address, never the text. A `Pace` limits how often an address is asked before it
answers. Refusals are stored as keyed hashes of the address, for all projects and accounts.
"""

import logging
import smtplib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from time import monotonic
from typing import Any
from urllib.parse import urlencode, urljoin

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.fields import normalise_email
from accounts.models import MailAddress, MailCount
from diip.common.errors import InvalidInput, TooManyRequests

NO_MAIL = tuple(f"django.core.mail.backends.{kind}.EmailBackend" for kind in ("console", "dummy"))
FAILURES = (smtplib.SMTPException, OSError)
"""Errors of sending; the mail is retried later."""
MAX_LINK_LENGTH = 500
CUT_OFF = "This link is not valid or not complete. Copy the whole link from the mail."
EXPIRED = "This link has expired. Request a new mail."
MAX_DUE = 100
_REFUSING = "accounts.mailing.refuse"

logger = logging.getLogger(__name__)


def is_set_up() -> bool:
    """Return True if mails leave the machine; otherwise DIIP prints or drops them."""
    return settings.EMAIL_BACKEND not in NO_MAIL


# --- confirmation requests ------------------------------------------------------------------------


@dataclass(frozen=True)
class Pace:
    """Limits on confirmation requests to one address."""

    kind: str
    every: timedelta
    most: int
    """Maximum number of requests until the address answers."""
    rest: timedelta
    """Time after which the count restarts, answered or not."""


@dataclass(frozen=True)
class Mail:
    """Plain text; `site` is what the link to refuse begins with."""

    to: str
    subject: str
    paragraphs: Sequence[str]
    site: str


def reserve_question(pace: Pace, address: str, now: datetime) -> bool:
    """Count one confirmation mail; return False if too soon, too many or refused."""
    if refused([address]):
        return False
    key = _key(pace.kind, address)
    MailAddress.objects.bulk_create([MailAddress(key=key)], ignore_conflicts=True)
    asked = MailAddress.objects.filter(key=key)
    asked.filter(last_asked_at__lte=now - pace.rest).update(asked=0)
    is_time = Q(last_asked_at=None) | Q(last_asked_at__lte=now - pace.every)
    free = asked.filter(is_time, asked__lt=pace.most)
    return bool(free.update(asked=F("asked") + 1, last_asked_at=now))


def _next_question(pace: Pace, address: str) -> datetime | None:
    """Return when the address may be asked again; None: not before it answers, or it refused."""
    if refused([address]):
        return None
    row = MailAddress.objects.filter(key=_key(pace.kind, address)).first()
    if row is None or row.last_asked_at is None:
        return timezone.now()
    return row.last_asked_at + pace.every if row.asked < pace.most else None


def give_question_back(pace: Pace, address: str) -> None:
    """Undo `reserve_question` for a mail that was not sent."""
    asked = MailAddress.objects.filter(key=_key(pace.kind, address), asked__gt=0)
    asked.update(asked=F("asked") - 1, last_asked_at=None)


def note_answer(pace: Pace, address: str) -> None:
    MailAddress.objects.filter(key=_key(pace.kind, address)).update(asked=0)


# --- refusals -------------------------------------------------------------------------------------


def refusal_link(site: str, address: str) -> str:
    """Return the refusal link for an address. It never expires; it can also undo a refusal."""
    return link(site, "mail-refuse", signing.dumps(_key("refused", address), salt=_REFUSING))


def read_refusal(given: str) -> str:
    """Return the address key of a refusal link.

    Raises InvalidInput.
    """
    key: str = read_link(given, salt=_REFUSING, max_age=None)
    return key


def set_refused(key: str, *, is_refused: bool) -> None:
    MailAddress.objects.bulk_create([MailAddress(key=key)], ignore_conflicts=True)
    at = timezone.now() if is_refused else None
    MailAddress.objects.filter(key=key).update(refused_at=at)


def has_refused(key: str) -> bool:
    return MailAddress.objects.filter(key=key).exclude(refused_at=None).exists()


def refused(addresses: Iterable[str]) -> set[str]:
    """Return the addresses that refuse mails."""
    by_key = {_key("refused", address): address for address in addresses}
    found = MailAddress.objects.filter(key__in=by_key).exclude(refused_at=None)
    return {by_key[key] for key in found.values_list("key", flat=True)}


def _key(kind: str, address: str) -> str:
    return salted_hmac("accounts.mailing", f"{kind}:{normalise_email(address)}").hexdigest()


# --- counting -------------------------------------------------------------------------------------


def count_mails(limits: Mapping[str, int], mails: int = 1) -> None:
    """Count mails of today (UTC) under every key; raise TooManyRequests if one is full.

    `limits` maps a key to its daily limit; 0 means unlimited. On an error no key is counted.
    """
    now = timezone.now()
    today = now.astimezone(UTC).date()
    limited = {key: most for key, most in sorted(limits.items()) if most}
    with transaction.atomic():
        rows = [MailCount(key=key, day=today) for key in limited]
        MailCount.objects.bulk_create(rows, ignore_conflicts=True)
        for key, most in limited.items():
            room = MailCount.objects.filter(key=key, day=today, mails__lte=most - mails)
            if not room.update(mails=F("mails") + mails):
                _refuse_until_tomorrow(now)


def prune_counts() -> None:
    MailCount.objects.filter(day__lt=timezone.now().date() - timedelta(days=2)).delete()


def _refuse_until_tomorrow(now: datetime) -> None:
    tomorrow = datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(0), UTC)
    raise TooManyRequests(
        "The mail limit of today is reached. Try again after midnight UTC.",
        retry_after=max(1, round((tomorrow - now).total_seconds())),
    )


# --- sending what is due --------------------------------------------------------------------------


def send_due(
    due: QuerySet[Any],
    send_one: Callable[[Any], None],
    *,
    retry: timedelta,
    seconds: float,
    clock: Callable[[], float] = monotonic,
) -> None:
    """Claim each row whose `due_at` has passed, then send its mail.

    The claim moves `due_at` by `retry`; of several workers one gets the row.
    """
    deadline = clock() + seconds
    for row in due.filter(due_at__lte=timezone.now()).order_by("due_at")[:MAX_DUE]:
        if clock() >= deadline:
            return
        claimed = due.model._default_manager.filter(pk=row.pk, due_at=row.due_at)
        if claimed.update(due_at=timezone.now() + retry):
            send_one(row)


def send_question(
    pace: Pace,
    mail: Mail,
    row: QuerySet[Any],
    *,
    limits: Mapping[str, int] | None = None,
    **sent: object,
) -> None:
    """Send a mail that wants an answer and store in the claimed `row` what comes next.

    Sent: `due_at` is None and `sent` is stored. Too soon: `due_at` is the next moment allowed,
    or None. Not taken, or more than today's `limits`: `due_at` stays as claimed.
    """
    if not reserve_question(pace, mail.to, timezone.now()):
        row.update(due_at=_next_question(pace, mail.to))
        return
    try:
        count_mails(limits or {})
        send(to=mail.to, subject=mail.subject, paragraphs=mail.paragraphs, site=mail.site)
    except (*FAILURES, TooManyRequests) as error:
        logger.warning("A mail (%s) was not sent: %s.", pace.kind, type(error).__name__)
        give_question_back(pace, mail.to)
        return
    row.update(due_at=None, **sent)


# --- links and mails ------------------------------------------------------------------------------


def link(site: str, name: str, signed: str) -> str:
    """Build a link with its token in the query, which access logs omit."""
    return f"{urljoin(site, reverse(name))}?{urlencode({'link': signed})}"


def read_link(given: str, *, salt: str, max_age: timedelta | None) -> Any:
    try:
        if len(given) > MAX_LINK_LENGTH:
            raise signing.BadSignature
        return signing.loads(given, salt=salt, max_age=max_age)
    except signing.SignatureExpired:
        raise InvalidInput(EXPIRED, field="link") from None
    except signing.BadSignature:
        raise InvalidInput(CUT_OFF, field="link") from None


def send(*, to: str, subject: str, paragraphs: Iterable[str], site: str) -> None:
    """Send a plain-text mail with a refusal link. May raise FAILURES."""
    stop = f"Stop or allow mails from DIIP: {refusal_link(site, to)}"
    EmailMessage(
        subject=subject,
        body="\n\n".join([*paragraphs, f"-- \n{stop}"]),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[to],
        headers={"Auto-Submitted": "auto-generated"},
    ).send()
