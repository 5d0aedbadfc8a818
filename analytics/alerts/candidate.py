"""Current conditions that may raise an alert."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from analytics.models import Alert

MAX_TITLE = 300


@dataclass(frozen=True)
class AlertCandidate:
    """Current state of one condition that may raise or keep an alert."""

    project_id: int
    topic: str
    key: str
    title: str
    """Constant while the condition lasts: mail programs thread by it."""
    body: str
    level: str = Alert.Level.ALERT
    series: str = ""
    size: int = 0
    """Reporters per day of a spike; 0 for other topics."""
    reason: str = ""
    opens: bool = True
    """Permission to open an alert; False only keeps an existing one open."""
    details: Mapping[str, object] = field(default_factory=dict)
