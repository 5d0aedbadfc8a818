"""Admin of integrations, runs, calls and quarantine: read-only, without tokens.

`issues.admin` adds the replay of quarantined records, which needs the sync engine.
"""

from integrations.admin.connections import IntegrationAdmin
from integrations.admin.runs import SyncRunAdmin
from integrations.admin.traffic import (
    ApiLogAdmin,
    QuarantinedRecordAdmin,
    RawPageAdmin,
    WebhookDeliveryAdmin,
)

__all__ = [
    "ApiLogAdmin",
    "IntegrationAdmin",
    "QuarantinedRecordAdmin",
    "RawPageAdmin",
    "SyncRunAdmin",
    "WebhookDeliveryAdmin",
]
