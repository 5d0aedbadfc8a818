"""Slack's incoming webhooks, and what speaks like them.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

import re
from typing import Any

import msgspec

from analytics.alerts import channel_secrets
from analytics.alerts.message_text import EventText, put_in_words
from analytics.alerts.outbox import MessageBatch
from analytics.alerts.send_result import SendResult, SendStatus
from analytics.alerts.senders.posting import UNREADABLE, post
from analytics.alerts.text import one_line
from integrations.http.transport import Reply

MAX_TEXT = 2900
"""A section takes 3,000 characters."""
BROKEN_STATUSES = (401, 403, 404, 410)
BROKEN_CODES = frozenset(
    {
        b"action_prohibited",
        b"channel_is_archived",
        b"channel_not_found",
        b"invalid_token",
        b"no_active_hooks",
        b"no_service",
        b"no_service_id",
        b"no_team",
        b"posting_to_general_channel_denied",
        b"team_disabled",
    }
)
"""What Slack answers, as the whole body, where trying again is of no use."""
REVOKED = (
    "Slack does not take messages at this address any more. Make a new incoming webhook in "
    "Slack and enter its address (PATCH this channel with `url`)."
)
_BROADCAST = re.compile(r"@(?=(channel|here|everyone)\b)", re.IGNORECASE)
_WORD_JOINER = "\u2060"


def send(parcel: MessageBatch) -> SendResult:
    try:
        address = channel_secrets.read(parcel.channel)
    except channel_secrets.AddressUnreadable:
        return UNREADABLE
    content = msgspec.json.encode(write(parcel))
    return post(address.url, content=content, headers={}, judge=_judge)


def write(parcel: MessageBatch) -> dict[str, Any]:
    """A block a message, named by its delivery id: the same in every try."""
    told = [put_in_words(message) for message in parcel.messages]
    project = escape(one_line(parcel.channel.project.name))
    blocks = [
        {
            "type": "section",
            "block_id": str(message.delivery_id),
            "text": {"type": "mrkdwn", "text": _section(each), "verbatim": True},
        }
        for message, each in zip(parcel.messages, told, strict=True)
    ]
    header = {"type": "section", "text": {"type": "mrkdwn", "text": f"*{project}*"}}
    headings = "; ".join(escape(each.heading) for each in told)
    return {
        "text": f"{project}: {headings}"[:MAX_TEXT],
        "blocks": [header, *blocks],
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def escape(text: str) -> str:
    """https://docs.slack.dev/messaging/formatting-message-text#escaping, and no broadcast."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _BROADCAST.sub(f"@{_WORD_JOINER}", escaped)


def _section(told: EventText) -> str:
    parts = (f"*{escape(told.heading)}*", escape(told.body), escape(told.footnote))
    return "\n".join(filter(None, parts))[:MAX_TEXT]


def _judge(reply: Reply) -> SendResult | None:
    status, code = reply.status, reply.body.strip()
    if status in BROKEN_STATUSES or (status >= 400 and code in BROKEN_CODES):
        return SendResult(SendStatus.BROKEN, REVOKED, status)
    if status == 400:
        return SendResult(
            SendStatus.REFUSED, "Slack does not take this message (status 400).", status
        )
    return None
