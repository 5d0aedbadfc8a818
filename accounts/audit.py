"""Audit trail: who did what, when, to what."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from accounts.models import AuditEvent, User
from diip.common.observability.context import context, request_address
from diip.common.observability.scrubbing import scrub, scrub_text


@dataclass(frozen=True)
class AuditRecord:
    """Content of one audit record."""

    action: str
    """`<what>.<done>`, from the list in `docs/api.md`."""
    target: str = ""
    project_id: int | None = None
    address: str = ""
    """Client address; empty for that of the current request."""
    details: Mapping[str, object] | None = None


def record(actor: User | None, entry: AuditRecord) -> None:
    """Add an audit record. It commits or rolls back with the surrounding transaction."""
    AuditEvent.objects.create(
        action=entry.action,
        actor_id=actor.pk if actor else None,
        actor_name=str(actor.email) if actor else "",
        project_id=entry.project_id,
        target=scrub_text(entry.target)[:200],
        address=entry.address or request_address(),
        details=cast("dict[str, object]", scrub(dict(entry.details or {}))),
        request_id=str(context().get("request_id", "")),
    )
