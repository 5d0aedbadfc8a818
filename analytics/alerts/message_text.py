"""An alert in words, for people: the same in a mail and in Slack."""

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
    AlertMessage.Event.RESOLVED: "Over",
}


@dataclass(frozen=True)
class EventText:
    """One message."""

    heading: str
    body: str
    footnote: str


def put_in_words(message: AlertMessage) -> EventText:
    data = payloads.read(message).data
    if data.alert is None:
        return EventText("Test message", data.message, "")
    alert = data.alert
    event = _EVENTS[AlertMessage.Event(message.event)]
    return EventText(
        heading=f"{event}: {one_line(alert.title)}",
        body=alert.body,
        footnote=f"Alert {alert.id}, level {alert.level}, {_lasting(alert)}.",
    )


def subject_of(parcel: MessageBatch) -> str:
    """The same for all that is told of one alert: mail programs thread by it, too."""
    project = f"[{one_line(parcel.channel.project.name)}]"
    if len(parcel.messages) > 1:
        return f"{project} {len(parcel.messages)} alerts"
    [message] = parcel.messages
    alert = payloads.read(message).data.alert
    answer = "" if message.event in ("opened", "test") else "Re: "
    return f"{answer}{project} {one_line(alert.title) if alert else 'Test message'}"


def _lasting(alert: AlertPart) -> str:
    since = f"since {_at(alert.opened_at)}"
    return f"{since}, over since {_at(alert.resolved_at)}" if alert.resolved_at else since


def _at(moment: datetime) -> str:
    return f"{moment:%d %B %Y, %H:%M} UTC"
