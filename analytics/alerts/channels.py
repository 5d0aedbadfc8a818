"""Creation, change, removal and testing of alert channels."""

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit, mailing
from accounts.models import User
from accounts.sign_in import rate_limits
from analytics.alerts import channel_secrets, confirmation, delivery, delivery_results, payloads
from analytics.alerts.channel_secrets import Address, AddressUnreadable
from analytics.alerts.delivery_results import Tried
from analytics.alerts.outbox import MessageBatch
from analytics.models import AlertChannel, AlertMessage
from diip.common.errors import Conflict, InvalidInput, NotFound
from integrations.http.call_slots import one_of_few
from projects.models import Project

MOST_CHANNELS = 50
Kind = AlertChannel.Kind

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Given:
    """User input for a channel: complete to create it, partial to change it."""

    columns: Mapping[str, Any]
    """name, recipients, digest_seconds, enabled"""
    url: str = field(default="", repr=False)
    site: str = ""
    """Base URL of DIIP for links in confirmation mails."""


# --- creating and changing ----------------------------------------------------------------------


def create_channel(*, project: Project, actor: User, kind: str, given: Given) -> AlertChannel:
    """Create a channel; a webhook gets its first signing key.

    Raises InvalidInput for unsuitable fields, Conflict at the limit or for a name that is taken.
    """
    _reject_unsuitable(kind, given)
    _reject_incomplete(kind, given)
    url = channel_secrets.check_url(given.url) if given.url else ""
    channel = AlertChannel(project=project, kind=kind, **given.columns)
    with transaction.atomic():
        if AlertChannel.objects.filter(project=project).count() >= MOST_CHANNELS:
            raise Conflict(
                f"A project can have at most {MOST_CHANNELS} channels. Delete one first."
            )
        _save(channel)
        if url:
            address = Address(url)
            channel_secrets.keep(
                channel, address.with_new_key() if kind == Kind.WEBHOOK else address
            )
            _save(channel)
        _request_confirmations(channel, actor, given)
        _record(channel, actor, "channel.created")
    logger.info("User %s created alert channel %s.", actor.pk, channel.pk)
    return channel


def change_channel(*, channel: AlertChannel, actor: User, given: Given) -> AlertChannel:
    """Change a channel; a new destination or `enabled` true clears its failures."""
    _reject_unsuitable(channel.kind, given)
    url = channel_secrets.check_url(given.url) if given.url else ""
    with transaction.atomic():
        row = _lock(channel)
        for name, value in given.columns.items():
            setattr(row, name, value)
        if url:
            channel_secrets.keep(row, _with_new_url(row, url))
        if url or "recipients" in given.columns or given.columns.get("enabled"):
            _reset_failures(row)
        _save(row)
        _request_confirmations(row, actor, given)
        _record(row, actor, "channel.changed")
    logger.info("User %s changed alert channel %s.", actor.pk, channel.pk)
    return row


def enable_channel(*, channel: AlertChannel, actor: User) -> AlertChannel:
    """Enable a channel and clear its failures; due messages are sent at once."""
    return change_channel(channel=channel, actor=actor, given=Given({"enabled": True}))


def renew_key(*, channel: AlertChannel, actor: User) -> Address:
    """Create a signing key; the previous one also signs until the next renewal.

    Raises Conflict if the channel is no webhook or its URL cannot be decrypted.
    """
    if channel.kind != Kind.WEBHOOK:
        raise Conflict("Only webhook channels have a signing secret.")
    with transaction.atomic():
        row = _lock(channel)
        try:
            address = channel_secrets.read(row).with_new_key()
        except AddressUnreadable:
            raise Conflict(
                "The stored URL cannot be decrypted with the current encryption keys. Enter it "
                "again first (PATCH this channel with `url`)."
            ) from None
        channel_secrets.keep(row, address)
        row.save(update_fields=["secret_ciphertext", "updated_at"])
        _record(row, actor, "channel.secret_renewed")
    logger.info("User %s renewed the key of alert channel %s.", actor.pk, channel.pk)
    return address


def remove_channel(*, channel: AlertChannel, actor: User) -> None:
    with transaction.atomic():
        _record(channel, actor, "channel.removed")
        channel.delete()


def _record(channel: AlertChannel, actor: User, action: str) -> None:
    target = f"channel {channel.pk} {channel.kind} {channel.name}"
    audit.record(actor, audit.AuditRecord(action, target, channel.project_id))


def _request_confirmations(channel: AlertChannel, actor: User, given: Given) -> None:
    if channel.kind == Kind.EMAIL and "recipients" in given.columns:
        confirmation.request_new(channel, actor, given.site)
        channel.refresh_from_db(fields=["confirmed_recipients"])


def _with_new_url(channel: AlertChannel, url: str) -> Address:
    """Keep the signing keys; replace them if they cannot be decrypted."""
    try:
        return replace(channel_secrets.read(channel), url=url)
    except AddressUnreadable:
        return Address(url).with_new_key() if channel.kind == Kind.WEBHOOK else Address(url)


def _reset_failures(channel: AlertChannel) -> None:
    """Clear the failure state and revoke the claim of a worker that is sending."""
    for name, value in delivery_results.working().items():
        setattr(channel, name, value)
    channel.claimed_until = None
    channel.fencing_token += 1


def _lock(channel: AlertChannel) -> AlertChannel:
    row = AlertChannel.objects.select_for_update(no_key=True).filter(pk=channel.pk).first()
    if row is None:
        raise NotFound("The channel was deleted.")
    return row


def _save(channel: AlertChannel) -> None:
    try:
        with transaction.atomic():
            channel.save()
    except IntegrityError:
        raise Conflict(f"A channel named {channel.name} already exists.") from None


def _reject_unsuitable(kind: str, given: Given) -> None:
    if kind == Kind.EMAIL and given.url:
        raise InvalidInput("An email channel has recipients, not a URL.", field="url")
    if kind != Kind.EMAIL and given.columns.get("recipients"):
        raise InvalidInput("Only email channels have recipients.", field="recipients")


def _reject_incomplete(kind: str, given: Given) -> None:
    if kind != Kind.EMAIL and not given.url:
        raise InvalidInput("Enter the URL that receives the messages.", field="url")
    if kind == Kind.EMAIL and not given.columns.get("recipients"):
        raise InvalidInput("Enter at least one recipient.", field="recipients")
    if kind == Kind.EMAIL and settings.PRODUCTION and not mailing.is_set_up():
        raise Conflict("This installation cannot send mail. The operator must set EMAIL_URL.")


# --- testing ------------------------------------------------------------------------------------


def send_test(*, channel: AlertChannel, actor: User) -> Tried:
    """Send a test message at once, without retries; success clears the failures.

    Raises Conflict if no recipient has confirmed.
    """
    if channel.kind == Kind.EMAIL and not channel.confirmed_recipients:
        raise Conflict(channel.shown_message or "The channel has no recipients.")
    rate_limits.reserve("test_message", str(actor.pk))
    _record(channel, actor, "channel.tested")
    now = timezone.now()
    message = AlertMessage.objects.create(
        channel=channel,
        event=AlertMessage.Event.TEST,
        payload=payloads.write_test(channel, now),
        state=AlertMessage.State.GIVEN_UP,
        attempts=1,
        due_at=now,
    )
    with one_of_few(actor):
        tried = delivery.attempt(MessageBatch(uuid.uuid4(), channel, (message,)))
    delivery_results.log([message], tried)
    if tried.outcome.has_arrived:
        message.state, message.sent_at = AlertMessage.State.SENT, timezone.now()
        message.save(update_fields=["state", "sent_at", "updated_at"])
        working = delivery_results.working() | {"last_success_at": message.sent_at}
        AlertChannel.objects.filter(pk=channel.pk).update(**working)
    return tried
