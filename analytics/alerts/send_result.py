"""What can come of sending, in a class and in words."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto


class SendStatus(Enum):
    SENT = auto()
    UNSURE = auto()
    """It may have arrived: the same again, later."""
    DOWN = auto()
    """It did not arrive; nothing will for the moment."""
    REFUSED = auto()
    """This message is not taken; others may be."""
    BROKEN = auto()
    """Nothing will arrive until somebody mends the channel."""


@dataclass(frozen=True)
class SendResult:
    verdict: SendStatus
    reason: str = ""
    """What happened and the fix; never an address, a secret or a foreign body."""
    status_code: int | None = None
    wait: timedelta | None = None
    """How long it asked to wait."""

    @property
    def has_arrived(self) -> bool:
        """Not where the mail was only printed: then there is a reason."""
        return self.verdict is SendStatus.SENT and not self.reason


SENT = SendResult(SendStatus.SENT)
