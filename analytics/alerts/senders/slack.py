"""Sender for Slack incoming webhooks and compatible endpoints.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

import re
from typing import Any

import msgspec

from analytics.alerts import channel_secrets
from analytics.alerts.message_text import EventText, write_text
from analytics.alerts.outbox import MessageBatch
from analytics.alerts.send_result import SendResult, SendStatus
from analytics.alerts.senders.posting import UNREADABLE, post
from analytics.alerts.text import one_line
from integrations.http.transport import Reply

MAX_TEXT = 2900
"""Characters; a section block takes 3,000."""
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
"""Response bodies of Slack after which a retry cannot succeed."""
REVOKED = (
    "Slack no longer accepts messages at this URL. Create a new incoming webhook in Slack and "
    "enter its URL (PATCH this channel with `url`)."
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
    """Return the JSON body: one block per message, identified by its delivery id."""
    events = [write_text(message) for message in parcel.messages]
    project = escape(one_line(parcel.channel.project.name))
    blocks = [
        {
            "type": "section",
            "block_id": str(message.delivery_id),
            "text": {"type": "mrkdwn", "text": _section(event), "verbatim": True},
        }
        for message, event in zip(parcel.messages, events, strict=True)
    ]
    header = {"type": "section", "text": {"type": "mrkdwn", "text": f"*{project}*"}}
    headings = "; ".join(escape(event.heading) for event in events)
    return {
        "text": f"{project}: {headings}"[:MAX_TEXT],
        "blocks": [header, *blocks],
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def escape(text: str) -> str:
    """Escape markup and defuse broadcasts such as @channel.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _BROADCAST.sub(f"@{_WORD_JOINER}", escaped)


def _section(event: EventText) -> str:
    parts = (f"*{escape(event.heading)}*", escape(event.body), escape(event.footnote))
    return "\n".join(filter(None, parts))[:MAX_TEXT]


def _judge(reply: Reply) -> SendResult | None:
    status, code = reply.status, reply.body.strip()
    if status in BROKEN_STATUSES or (status >= 400 and code in BROKEN_CODES):
        return SendResult(SendStatus.BROKEN, REVOKED, status)
    if status == 400:
        return SendResult(SendStatus.REFUSED, "Slack rejected this message (status 400).", status)
    return None
