"""The queues of background work, so that nobody's long work delays somebody else's short one."""

from typing import Final

INTERACTIVE: Final = "interactive"
"""What a person or a tracker's push waits for, and beat's short looks at what is due."""
SYNC: Final = "sync"
"""Regular passes over what changed."""
BACKFILL: Final = "backfill"
"""First readings, censuses and re-normalising: long, cut into short slices."""
ANALYTICS: Final = "analytics"
ALERTS: Final = "alerts"

QUEUES: Final = (INTERACTIVE, ALERTS, SYNC, ANALYTICS, BACKFILL)
"""Most urgent first."""
