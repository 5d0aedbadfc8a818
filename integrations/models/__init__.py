"""Connections to trackers, the runs over them, and every call that was made."""

from integrations.models.integration import Integration, IntegrationQuerySet, KeyCanary
from integrations.models.records import ApiLog, QuarantinedRecord
from integrations.models.syncing import FeedCursor, SyncRun

__all__ = [
    "ApiLog",
    "FeedCursor",
    "Integration",
    "IntegrationQuerySet",
    "KeyCanary",
    "QuarantinedRecord",
    "SyncRun",
]
