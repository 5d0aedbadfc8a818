"""Models for daily totals, facts of issues, spikes, alerts and e-mail confirmations."""

from analytics.models.alerts import Alert, AlertChannel, AlertDelivery, AlertMessage, AlertRule
from analytics.models.mails import MailConfirmation
from analytics.models.spikes import Spike, SpikeProgress
from analytics.models.summaries import AnalyticsState, AnalyticsSummary, IssueFacts

__all__ = [
    "Alert",
    "AlertChannel",
    "AlertDelivery",
    "AlertMessage",
    "AlertRule",
    "AnalyticsState",
    "AnalyticsSummary",
    "IssueFacts",
    "MailConfirmation",
    "Spike",
    "SpikeProgress",
]
