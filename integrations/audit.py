"""What was done to an integration, for the audit trail."""

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
    """Inside the deed's transaction."""
    target = f"integration {integration.pk} {integration.provider} {integration.scope}"
    audit.record(actor, audit.AuditRecord(action, target, integration.project_id, details=details))


def record_words(
    integration: Integration,
    actor: User | None,
    before: Mapping[str, str | None],
    after: Mapping[str, str | None],
) -> None:
    """What was decided of its status words, each with what was decided before."""
    words = [
        {"word": word, "before": before.get(word), "after": override}
        for word, override in sorted(after.items())
    ]
    record_on(integration, actor, "integration.statuses_decided", {"words": words})
