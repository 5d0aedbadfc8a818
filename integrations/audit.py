"""Audit records of actions on integrations."""

from collections.abc import Mapping

from accounts import audit
from accounts.models import User
from integrations.models import Integration


def record_on(
    integration: Integration,
    actor: User | None,
    action: str,
    details: Mapping[str, object] | None = None,
) -> None:
    """Add an audit record. Call inside the transaction of the action."""
    target = f"integration {integration.pk} {integration.provider} {integration.scope}"
    audit.record(actor, audit.AuditRecord(action, target, integration.project_id, details=details))


def record_words(
    integration: Integration,
    actor: User | None,
    before: Mapping[str, str | None],
    after: Mapping[str, str | None],
) -> None:
    """Record status word overrides, each with its value before and after."""
    words = [
        {"word": word, "before": before.get(word), "after": override}
        for word, override in sorted(after.items())
    ]
    record_on(integration, actor, "integration.statuses_decided", {"words": words})
