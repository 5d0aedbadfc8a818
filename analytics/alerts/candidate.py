"""Something that may be told, as it is at this moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from analytics.models import Alert

MAX_TITLE = 300


@dataclass(frozen=True)
class AlertCandidate:
    """Something people should know, as it is now."""

    project_id: int
    topic: str
    key: str
    title: str
    """The same as long as it lasts: mails are threaded by it, too."""
    body: str
    level: str = Alert.Level.ALERT
    series: str = ""
    size: int = 0
    """Of a spike: people a day."""
    reason: str = ""
    opens: bool = True
    """False: no reason to tell anybody, but what was told is not over."""
    details: Mapping[str, object] = field(default_factory=dict)
