"""Sender for webhooks signed as in Standard Webhooks: https://www.standardwebhooks.com

Specification: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable

from django.utils import timezone

from analytics.alerts import channel_secrets, payloads
from analytics.alerts.outbox import MessageBatch
from analytics.alerts.send_result import SendResult, SendStatus
from analytics.alerts.senders.posting import UNREADABLE, post
from integrations.http.transport import Reply

_MESSAGE_REJECTED = (400, 413, 422)
GONE = (
    "The endpoint was removed permanently (410). Enter a new URL (PATCH this channel with `url`), "
    "or delete the channel."
)


def send(parcel: MessageBatch) -> SendResult:
    [message] = parcel.messages
    try:
        address = channel_secrets.read(parcel.channel)
    except channel_secrets.AddressUnreadable:
        return UNREADABLE
    content = payloads.encode(message)
    message_id, at = str(message.delivery_id), str(int(timezone.now().timestamp()))
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": at,
        "webhook-signature": sign(address.keys, f"{message_id}.{at}.".encode() + content),
    }
    return post(address.url, content=content, headers=headers, judge=_judge)


def sign(keys: Iterable[str], signed: bytes) -> str:
    """Return one signature per key; a receiver accepts any, so keys can be rotated."""
    secrets = (base64.b64decode(key.removeprefix(channel_secrets.PREFIX)) for key in keys)
    digests = (hmac.digest(secret, signed, hashlib.sha256) for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


def _judge(reply: Reply) -> SendResult | None:
    if reply.status == 410:
        return SendResult(SendStatus.BROKEN, GONE, reply.status)
    if reply.status in _MESSAGE_REJECTED:
        reason = f"The endpoint rejected this message (status {reply.status})."
        return SendResult(SendStatus.REFUSED, reason, reply.status)
    return None
