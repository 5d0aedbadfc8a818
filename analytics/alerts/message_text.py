"""Message text of an alert, shared by mail and Slack."""

from dataclasses import dataclass
from datetime import datetime

from analytics.alerts import payloads
from analytics.alerts.outbox import MessageBatch
from analytics.alerts.payloads import AlertPart
from analytics.alerts.text import one_line
from analytics.models import AlertMessage

_EVENTS = {
    AlertMessage.Event.OPENED: "New",
    AlertMessage.Event.UPDATED: "Changed",
    AlertMessage.Event.RESOLVED: "Resolved",
}


@dataclass(frozen=True)
class EventText:
    """Text of one message."""

    heading: str
    body: str
    footnote: str


def write_text(message: AlertMessage) -> EventText:
    data = payloads.read(message).data
    if data.alert is None:
        return EventText("Test message", data.message, "")
    alert = data.alert
    event = _EVENTS[AlertMessage.Event(message.event)]
    return EventText(
        heading=f"{event}: {one_line(alert.title)}",
        body=alert.body,
        footnote=f"Alert {alert.id}, level {alert.level}, {_dates(alert)}.",
    )


def subject_of(parcel: MessageBatch) -> str:
    """Return the mail subject; constant per alert, since mail programs thread by it."""
    project = f"[{one_line(parcel.channel.project.name)}]"
    if len(parcel.messages) > 1:
        return f"{project} {len(parcel.messages)} alerts"
    [message] = parcel.messages
    alert = payloads.read(message).data.alert
    prefix = "" if message.event in ("opened", "test") else "Re: "
    return f"{prefix}{project} {one_line(alert.title) if alert else 'Test message'}"


def _dates(alert: AlertPart) -> str:
    opened = f"opened {_at(alert.opened_at)}"
    return f"{opened}, resolved {_at(alert.resolved_at)}" if alert.resolved_at else opened


def _at(moment: datetime) -> str:
    return f"{moment:%d %B %Y, %H:%M} UTC"
