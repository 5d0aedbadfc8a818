"""The audit trail: who did what, when, to what. Written in the transaction of the deed itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from accounts.models import AuditEvent, User
from diip.common.observability.context import context, request_address
from diip.common.observability.scrubbing import scrub, scrub_text


@dataclass(frozen=True)
class AuditRecord:
    """What is written down."""

    action: str
    """`<what>.<done>`, from the list in `docs/api.md`."""
    target: str = ""
    project_id: int | None = None
    address: str = ""
    """Left out: that of the request under way."""
    details: Mapping[str, object] | None = None


def record(actor: User | None, deed: AuditRecord) -> None:
    """Add a line to the trail. Inside a transaction it stands or falls with the deed."""
    AuditEvent.objects.create(
        action=deed.action,
        actor_id=actor.pk if actor else None,
        actor_name=str(actor.email) if actor else "",
        project_id=deed.project_id,
        target=scrub_text(deed.target)[:200],
        address=deed.address or request_address(),
        details=cast("dict[str, object]", scrub(dict(deed.details or {}))),
        request_id=str(context().get("request_id", "")),
    )
