"""Changes between the current candidates and the stored alerts; writes nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from analytics.alerts.alert_candidates import AlertCandidate
from analytics.models import Alert

LEVELS = (Alert.Level.NOTICE, Alert.Level.ALERT)
GROWTH = 2
"""Factor by which a spike's reporters per day must grow for a new message."""


class Kind(Enum):
    OPEN = auto()
    UPDATE = auto()
    REFRESH = auto()
    """Stored text or details changed; no message is sent."""
    RESOLVE = auto()
    WAKE = auto()
    """The snooze has expired."""


@dataclass(frozen=True)
class Change:
    kind: Kind
    subject: AlertCandidate | None = None
    alert: Alert | None = None


def find_changes(
    subjects: Sequence[AlertCandidate], alerts: Collection[Alert], now: datetime
) -> list[Change]:
    """Return the changes of one project.

    `alerts`: the open and snoozed ones, and the resolved ones of spikes among the subjects.
    """
    present = {subject.key: subject for subject in subjects}
    open_keys = {alert.subject_key for alert in alerts if alert.state == Alert.State.OPEN}
    resolved_spike_keys = {
        alert.subject_key
        for alert in alerts
        if alert.state == Alert.State.RESOLVED and alert.topic == Alert.Topic.SPIKE
    }
    known = open_keys | resolved_spike_keys
    new = [each for each in subjects if each.opens and each.key not in known]
    changed = (_change_of(alert, present.get(alert.subject_key), now) for alert in alerts)
    return [*(Change(Kind.OPEN, each) for each in new), *(one for one in changed if one)]


def _change_of(alert: Alert, subject: AlertCandidate | None, now: datetime) -> Change | None:
    if alert.snoozed_until and alert.snoozed_until <= now:
        return Change(Kind.WAKE, subject, alert)
    if alert.state == Alert.State.RESOLVED:
        return None
    if subject is None:
        return Change(Kind.RESOLVE, alert=alert)
    if is_worth_telling(alert, subject):
        return Change(Kind.UPDATE, subject, alert)
    if (alert.body, alert.details) != (subject.body, subject.details):
        return Change(Kind.REFRESH, subject, alert)
    return None


def is_worth_telling(alert: Alert, subject: AlertCandidate) -> bool:
    """Return True if the level rose, the reason changed or the size doubled."""
    if not subject.opens:
        return False
    has_risen = rank(subject.level) > rank(alert.level)
    has_grown = bool(subject.size) and subject.size >= GROWTH * alert.told_size
    return has_risen or has_grown or subject.reason != alert.told_reason


def rank(level: str) -> int:
    return LEVELS.index(Alert.Level(level))
