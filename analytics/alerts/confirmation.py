"""Double opt-in of mail recipients: an address gets no alerts before it confirms.

A confirmation is valid for one project, also if the address leaves a channel and returns. A
refusal is valid for all projects (`accounts.mailing`).
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
SUBJECT = "Confirm alerts by mail"
TEXT = (
    "A user of DIIP, which watches issue trackers, wants to mail alerts to this address.",
    "No alerts are sent to you unless you confirm.",
    "Confirm within 7 days on this page: {link}",
    "If you do not expect this mail, ignore it.",
)
_SALT = "analytics.alerts.confirmation"

logger = logging.getLogger(__name__)


# --- requesting -----------------------------------------------------------------------------------


def request_new(channel: AlertChannel, actor: User, site: str) -> None:
    """Request confirmation from new recipients.

    Call it in the transaction that changes the channel.
    """
    known = MailConfirmation.objects.filter(project=channel.project_id)
    requested = set(known.values_list("address", flat=True))
    unknown = [address for address in channel.recipients if address not in requested]
    _request(channel, actor, site, unknown)
    update_channels(channel.project_id)


def request_again(channel: AlertChannel, actor: User, site: str) -> None:
    """Send the request again to recipients without an answer, within the limits."""
    waiting = channel.unconfirmed
    if not waiting:
        return
    with transaction.atomic():
        _request(channel, actor, site, waiting)
        target = f"channel {channel.pk} {channel.kind} {channel.name}"
        record = AuditRecord("channel.confirmation_asked", target, channel.project_id)
        audit.record(actor, record)


def _request(channel: AlertChannel, actor: User, site: str, addresses: list[str]) -> None:
    if not addresses:
        return
    own = str(actor.email) if actor.email_confirmed_at else ""
    others = [address for address in addresses if address != own]
    _count(channel, actor, len(others))
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
    limit = settings.DIIP_CONFIRMATIONS_PER_PROJECT_A_DAY
    limits = {
        "asked": settings.DIIP_CONFIRMATIONS_PER_DAY,
        f"asked for project:{channel.project_id}": limit,
        f"asked by user:{actor.pk}": limit,
    }
    mailing.count_mails(limits, mails)


# --- sending --------------------------------------------------------------------------------------


def send_due(*, seconds: float) -> None:
    """Send due confirmation mails for `seconds`; a claim keeps workers from sending twice."""
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


# --- confirming -----------------------------------------------------------------------------------


def read_link(given: str) -> MailConfirmation:
    row_id, address = _read(given)
    row = MailConfirmation.objects.select_related("project").filter(pk=row_id).first()
    if row is None or row.address != address or row.project.removed_at:
        raise InvalidInput(
            "This link is no longer valid: its recipient or project was removed.", field="link"
        )
    return row


def _read(given: str) -> tuple[int, str]:
    row_id, address = mailing.read_link(given, salt=_SALT, max_age=LIFETIME)
    return int(row_id), str(address)


def confirm(row: MailConfirmation) -> None:
    """Store the confirmation; a second call changes nothing."""
    with transaction.atomic():
        mine = MailConfirmation.objects.filter(pk=row.pk, confirmed_at=None)
        if not mine.update(confirmed_at=timezone.now(), due_at=None):
            return
        mailing.note_answer(PACE, row.address)
        update_channels(row.project_id)
        target = f"recipient {row.address}"
        audit.record(None, AuditRecord("channel.recipient_confirmed", target, row.project_id))


def update_channels(project_id: int) -> None:
    """Copy the confirmations of a project to its email channels."""
    answered = MailConfirmation.objects.filter(project=project_id).exclude(confirmed_at=None)
    confirmed = set(answered.values_list("address", flat=True))
    channels = AlertChannel.objects.filter(project=project_id, kind=AlertChannel.Kind.EMAIL)
    for channel in channels.select_for_update(no_key=True).order_by("pk"):
        now_confirmed = [address for address in channel.recipients if address in confirmed]
        if now_confirmed != channel.confirmed_recipients:
            AlertChannel.objects.filter(pk=channel.pk).update(confirmed_recipients=now_confirmed)


def confirmation_states(channel: AlertChannel) -> Iterable[dict[str, object]]:
    """Yield state, request and confirmation times, and the next mail of each recipient."""
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
