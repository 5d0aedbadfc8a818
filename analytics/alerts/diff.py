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
    candidate: AlertCandidate | None = None
    alert: Alert | None = None


def find_changes(
    candidates: Sequence[AlertCandidate], alerts: Collection[Alert], now: datetime
) -> list[Change]:
    """Return the changes of one project.

    `alerts`: the open and snoozed ones, and the resolved ones of spikes among the candidates.
    """
    present = {candidate.key: candidate for candidate in candidates}
    open_keys = {alert.subject_key for alert in alerts if alert.state == Alert.State.OPEN}
    resolved_spike_keys = {
        alert.subject_key
        for alert in alerts
        if alert.state == Alert.State.RESOLVED and alert.topic == Alert.Topic.SPIKE
    }
    known = open_keys | resolved_spike_keys
    new = [each for each in candidates if each.opens and each.key not in known]
    changed = (_change_of(alert, present.get(alert.subject_key), now) for alert in alerts)
    return [*(Change(Kind.OPEN, each) for each in new), *(one for one in changed if one)]


def _change_of(alert: Alert, candidate: AlertCandidate | None, now: datetime) -> Change | None:
    if alert.snoozed_until and alert.snoozed_until <= now:
        return Change(Kind.WAKE, candidate, alert)
    if alert.state == Alert.State.RESOLVED:
        return None
    if candidate is None:
        return Change(Kind.RESOLVE, alert=alert)
    if is_worth_telling(alert, candidate):
        return Change(Kind.UPDATE, candidate, alert)
    if (alert.body, alert.details) != (candidate.body, candidate.details):
        return Change(Kind.REFRESH, candidate, alert)
    return None


def is_worth_telling(alert: Alert, candidate: AlertCandidate) -> bool:
    """Return True if the level rose, the reason changed or the size doubled."""
    if not candidate.opens:
        return False
    has_risen = rank(candidate.level) > rank(alert.level)
    has_grown = bool(candidate.size) and candidate.size >= GROWTH * alert.told_size
    return has_risen or has_grown or candidate.reason != alert.told_reason


def rank(level: str) -> int:
    return LEVELS.index(Alert.Level(level))
