"""Queue names; separate queues keep long tasks from delaying short ones."""

from typing import Final

INTERACTIVE: Final = "interactive"
"""Tasks that users or webhooks wait for, and beat's short checks."""
SYNC: Final = "sync"
"""Regular incremental syncs."""
BACKFILL: Final = "backfill"
"""Initial syncs, censuses and remapping: long, cut into short slices."""
ANALYTICS: Final = "analytics"
ALERTS: Final = "alerts"

QUEUES: Final = (INTERACTIVE, ALERTS, SYNC, ANALYTICS, BACKFILL)
"""Queues in order of urgency, most urgent first."""
