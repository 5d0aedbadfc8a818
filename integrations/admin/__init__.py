"""Integrations, runs, calls and quarantine in the admin: facts to read, no tokens among them.

Replaying the quarantine needs the sync engine: `issues.admin` adds it.
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
