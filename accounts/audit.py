"""The audit trail: who did what, when, to what. Written in the transaction of the deed itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.models import AuditEvent, User


@dataclass(frozen=True)
class Deed:
    """What is written down."""

    action: str
    """`<what>.<done>`, from `docs/operations.md`."""
    target: str = ""
    project_id: int | None = None
    address: str = ""
    details: Mapping[str, object] | None = None


def record(actor: User | None, deed: Deed) -> None:
    """Add a line to the trail. Inside a transaction it stands or falls with the deed."""
    AuditEvent.objects.create(
        action=deed.action,
        actor_id=actor.pk if actor else None,
        actor_name=str(actor.email) if actor else "",
        project_id=deed.project_id,
        target=deed.target[:200],
        address=deed.address,
        details=dict(deed.details or {}),
    )
