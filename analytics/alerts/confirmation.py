"""Recipients of mails are asked first: nothing else goes to an address before it said yes.

An address answers for one project. Its yes is kept when it leaves a channel and comes back; a
refusal is kept for all projects (`accounts.mailing`).
"""

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import audit, mailing
from accounts.audit import AuditRecord
from accounts.models import User
from analytics.models import AlertChannel, MailConfirmation
from diip.common.errors import InvalidInput

PACE = mailing.Pace("alerts", timedelta(days=1), 3, rest=timedelta(days=3650))
LIFETIME = timedelta(days=7)
RETRY = timedelta(minutes=5)
SUBJECT = "Do you want alerts by mail?"
TEXT = (
    "Somebody who uses DIIP, a watch over issue trackers, wants its alerts mailed to this address.",
    "Nothing is sent here unless you say so.",
    "Say yes on this page, within 7 days: {link}",
    "If you know nothing of it, do nothing.",
)
_SALT = "analytics.alerts.confirmation"

logger = logging.getLogger(__name__)


# --- asking ---------------------------------------------------------------------------------------


def ask_new(channel: AlertChannel, actor: User, site: str) -> None:
    """In the transaction that changes the channel: who was not asked yet is asked soon."""
    known = MailConfirmation.objects.filter(project=channel.project_id)
    asked = set(known.values_list("address", flat=True))
    unknown = [address for address in channel.recipients if address not in asked]
    _ask(channel, actor, site, unknown)
    settle(channel.project_id)


def ask_again(channel: AlertChannel, actor: User, site: str) -> None:
    """Who did not answer is asked once more, as soon as the limits allow."""
    waiting = channel.unconfirmed
    if not waiting:
        return
    with transaction.atomic():
        _ask(channel, actor, site, waiting)
        target = f"channel {channel.pk} {channel.kind} {channel.name}"
        deed = AuditRecord("channel.confirmation_asked", target, channel.project_id)
        audit.record(actor, deed)


def _ask(channel: AlertChannel, actor: User, site: str, addresses: list[str]) -> None:
    if not addresses:
        return
    own = str(actor.email) if actor.email_confirmed_at else ""
    strangers = [address for address in addresses if address != own]
    _count(channel, actor, len(strangers))
    now = timezone.now()
    for address in addresses:
        is_own = address == own
        MailConfirmation.objects.update_or_create(
            project_id=channel.project_id,
            address=address,
            defaults={"site": site, "due_at": None if is_own else now}
            | ({"confirmed_at": now} if is_own else {}),
        )


def _count(channel: AlertChannel, actor: User, mails: int) -> None:
    each = settings.DIIP_CONFIRMATIONS_PER_PROJECT_A_DAY
    limits = {
        "asked": settings.DIIP_CONFIRMATIONS_PER_DAY,
        f"asked for project:{channel.project_id}": each,
        f"asked by user:{actor.pk}": each,
    }
    mailing.count_mails(limits, mails)


# --- sending --------------------------------------------------------------------------------------


def send_due(*, seconds: float) -> None:
    """The mails that ask."""
    rows = MailConfirmation.objects.filter(project__removed_at=None)
    mailing.send_due(rows, _send, retry=RETRY, seconds=seconds)


def _send(row: MailConfirmation) -> None:
    mine = MailConfirmation.objects.filter(pk=row.pk)
    if row.confirmed_at or not _is_wanted(row):
        mine.update(due_at=None)
        return
    link = mailing.link(row.site, "mail-confirm", signing.dumps([row.pk, row.address], salt=_SALT))
    mail = mailing.Mail(row.address, SUBJECT, [text.format(link=link) for text in TEXT], row.site)
    mailing.send_question(PACE, mail, mine, asked_at=timezone.now())


def _is_wanted(row: MailConfirmation) -> bool:
    channels = AlertChannel.objects.filter(project=row.project_id, kind=AlertChannel.Kind.EMAIL)
    return any(
        row.address in recipients for recipients in channels.values_list("recipients", flat=True)
    )


# --- answering ------------------------------------------------------------------------------------


def read_link(given: str) -> MailConfirmation:
    row_id, address = _read(given)
    row = MailConfirmation.objects.select_related("project").filter(pk=row_id).first()
    if row is None or row.address != address or row.project.removed_at:
        raise InvalidInput("What this link was for is gone.", field="link")
    return row


def _read(given: str) -> tuple[int, str]:
    row_id, address = mailing.read_link(given, salt=_SALT, max_age=LIFETIME)
    return int(row_id), str(address)


def confirm(row: MailConfirmation) -> None:
    """Twice is harmless."""
    with transaction.atomic():
        mine = MailConfirmation.objects.filter(pk=row.pk, confirmed_at=None)
        if not mine.update(confirmed_at=timezone.now(), due_at=None):
            return
        mailing.note_answer(PACE, row.address)
        settle(row.project_id)
        target = f"recipient {row.address}"
        audit.record(None, AuditRecord("channel.recipient_confirmed", target, row.project_id))


def settle(project_id: int) -> None:
    """Bring what channels know of their recipients in line with what these answered."""
    yes = MailConfirmation.objects.filter(project=project_id).exclude(confirmed_at=None)
    confirmed = set(yes.values_list("address", flat=True))
    channels = AlertChannel.objects.filter(project=project_id, kind=AlertChannel.Kind.EMAIL)
    for channel in channels.select_for_update(no_key=True).order_by("pk"):
        now_confirmed = [address for address in channel.recipients if address in confirmed]
        if now_confirmed != channel.confirmed_recipients:
            AlertChannel.objects.filter(pk=channel.pk).update(confirmed_recipients=now_confirmed)


def standing(channel: AlertChannel) -> Iterable[dict[str, object]]:
    """Of each recipient: when it was asked and said yes, and when it is asked next."""
    rows = MailConfirmation.objects.filter(
        Q(address__in=channel.recipients), project=channel.project_id
    )
    by_address = {row.address: row for row in rows}
    refusing = mailing.refused(channel.recipients)
    for address in channel.recipients:
        row = by_address.get(address)
        yield {
            "address": address,
            "state": _state(row, is_refusing=address in refusing),
            "asked_at": row.asked_at if row else None,
            "confirmed_at": row.confirmed_at if row else None,
            "next_mail_at": row.due_at if row else None,
        }


def _state(row: MailConfirmation | None, *, is_refusing: bool) -> str:
    if is_refusing:
        return "refused"
    if row is None:
        return "not_asked"
    return "confirmed" if row.confirmed_at else "waiting"
