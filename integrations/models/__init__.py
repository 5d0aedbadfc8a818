"""Connections to trackers, the runs over them, and every call that was made."""

from integrations.models.integration import Integration, IntegrationQuerySet, KeyCanary
from integrations.models.records import ApiLog, QuarantinedRecord, RawPage, WebhookDelivery
from integrations.models.syncing import FeedCursor, IssueHint, SyncRun

__all__ = [
    "ApiLog",
    "FeedCursor",
    "Integration",
    "IntegrationQuerySet",
    "IssueHint",
    "KeyCanary",
    "QuarantinedRecord",
    "RawPage",
    "SyncRun",
    "WebhookDelivery",
]
