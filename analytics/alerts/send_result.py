"""Results of one attempt to send."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto


class SendStatus(Enum):
    SENT = auto()
    UNSURE = auto()
    """Delivery is unknown; send the same batch again later."""
    DOWN = auto()
    """Delivery failed; the receiver is unavailable for now."""
    REFUSED = auto()
    """The receiver rejected this message; others may pass."""
    BROKEN = auto()
    """Channel is unusable until a user fixes it."""


@dataclass(frozen=True)
class SendResult:
    verdict: SendStatus
    reason: str = ""
    """Cause and fix; never contains an address, a secret or a response body."""
    status_code: int | None = None
    wait: timedelta | None = None
    """Delay that the receiver requested."""

    @property
    def has_arrived(self) -> bool:
        """Delivered; false if the mail was only printed, which sets a reason."""
        return self.verdict is SendStatus.SENT and not self.reason


SENT = SendResult(SendStatus.SENT)
