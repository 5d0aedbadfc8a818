"""Signed webhooks as Standard Webhooks has them: https://www.standardwebhooks.com

The specification: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
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

_OF_THIS_MESSAGE = (400, 413, 422)
GONE = (
    "The endpoint says that it is gone for good (410). Enter a new address (PATCH this channel "
    "with `url`), or delete the channel."
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
    """A signature a key: a receiver takes any that is right, so that a key can be changed."""
    secrets = (base64.b64decode(key.removeprefix(channel_secrets.PREFIX)) for key in keys)
    digests = (hmac.digest(secret, signed, hashlib.sha256) for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


def _judge(reply: Reply) -> SendResult | None:
    if reply.status == 410:
        return SendResult(SendStatus.BROKEN, GONE, reply.status)
    if reply.status in _OF_THIS_MESSAGE:
        reason = f"The endpoint does not take this message (status {reply.status})."
        return SendResult(SendStatus.REFUSED, reason, reply.status)
    return None
