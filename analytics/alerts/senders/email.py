"""Email sender: one mail per batch, one thread per alert and channel."""

import smtplib
from contextlib import suppress
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils.crypto import salted_hmac

from accounts import mailing
from analytics.alerts.message_text import subject_of, write_text
from analytics.alerts.outbox import MessageBatch
from analytics.alerts.send_result import SENT, SendResult, SendStatus
from analytics.models import AlertMessage

NOT_REACHED = "The mail server cannot be reached. The operator must check EMAIL_URL."
NOT_SIGNED_IN = (
    "The mail server rejected the login or the sender. The operator must check EMAIL_URL."
)
CUT_OFF = "The connection to the mail server broke while the mail was being sent."
NO_ADDRESS = (
    "The mail server rejected every recipient of this channel. Correct them (PATCH this channel "
    "with `recipients`)."
)
ONLY_PRINTED = (
    "No mail server is configured: the mail was only printed. The operator must set EMAIL_URL."
)
BUSY = "The mail server cannot accept the mail now."
REFUSED = "The mail server rejected this mail."


def send(parcel: MessageBatch) -> SendResult:
    connection = get_connection()
    try:
        connection.open()
    except smtplib.SMTPResponseException as error:
        return SendResult(SendStatus.DOWN, NOT_SIGNED_IN, error.smtp_code)
    except (smtplib.SMTPException, OSError):
        return SendResult(SendStatus.DOWN, NOT_REACHED)
    try:
        connection.send_messages([write(parcel)])
    except (smtplib.SMTPException, OSError) as error:
        return _judge(error)
    finally:
        with suppress(smtplib.SMTPException, OSError):
            connection.close()
    return SENT if mailing.is_set_up() else SendResult(SendStatus.SENT, ONLY_PRINTED)


def write(parcel: MessageBatch) -> EmailMessage:
    """Build the mail; recipients see each other."""
    events = [write_text(message) for message in parcel.messages]
    texts = ["\n\n".join(filter(None, (e.heading, e.body, e.footnote))) for e in events]
    channel = parcel.channel
    footer = f"-- \nSent by DIIP for project {channel.project}, channel {channel.name}."
    return EmailMessage(
        subject=subject_of(parcel),
        body="\n\n".join([*texts, footer]),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=list(channel.confirmed_recipients),
        headers=_threading(parcel) | {"Auto-Submitted": "auto-generated"},
    )


def _threading(parcel: MessageBatch) -> dict[str, str]:
    """Return the headers that thread all mails of an alert under its first one.

    Later mails and digests refer to the id of that first mail, even if it went to other people.
    """
    roots = [_root(message) for message in parcel.messages]
    first = parcel.messages[0]
    if len(parcel.messages) > 1:
        return {"Message-ID": _message_id(str(parcel.id)), "References": " ".join(roots)}
    if first.event in (AlertMessage.Event.OPENED, AlertMessage.Event.TEST):
        return {"Message-ID": roots[0]}
    own = _message_id(str(first.delivery_id))
    return {"Message-ID": own, "In-Reply-To": roots[0], "References": roots[0]}


def _root(message: AlertMessage) -> str:
    if message.alert_id is None:
        return _message_id(str(message.delivery_id))
    named = f"{message.alert_id}:{message.channel_id}"
    return _message_id(salted_hmac("analytics.alerts.threads", named).hexdigest())


def _message_id(local: str) -> str:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{local}@{domain}>"


def _judge(error: smtplib.SMTPException | OSError) -> SendResult:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        is_final = all(code >= 500 for code in codes)
        return (
            SendResult(SendStatus.BROKEN, NO_ADDRESS)
            if is_final
            else SendResult(SendStatus.DOWN, BUSY)
        )
    if isinstance(error, smtplib.SMTPSenderRefused):
        return SendResult(SendStatus.DOWN, NOT_SIGNED_IN, error.smtp_code)
    if isinstance(error, smtplib.SMTPResponseException):
        is_final = error.smtp_code >= 500
        verdict, reason = (SendStatus.REFUSED, REFUSED) if is_final else (SendStatus.DOWN, BUSY)
        return SendResult(verdict, reason, error.smtp_code)
    return SendResult(SendStatus.UNSURE, CUT_OFF)
