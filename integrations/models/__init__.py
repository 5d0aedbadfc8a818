"""Models of integrations, sync runs and call logs."""

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
