"""Retention of sign-ins, the audit trail and registrations."""

from django.utils import timezone

from accounts.models import AuditEvent, PendingAccount, RefreshFamily
from diip.common.retention import Kept, prune

AUDIT = Kept(AuditEvent, "at", "DIIP_AUDIT_RETENTION_DAYS")
SIGN_INS = Kept(
    RefreshFamily, "expires_at", "DIIP_EXPIRED_TOKEN_RETENTION_DAYS", zero_keeps_none=True,
    note="Chains of refresh tokens, counted from expiry.",
)  # fmt: skip
PENDING = Kept(
    PendingAccount,
    "created_at",
    note="Until confirmed, at most two days.",
)
KEPT = (AUDIT, SIGN_INS, PENDING)


def prune_accounts(*, seconds: float) -> None:
    now = timezone.now()
    for kept in KEPT:
        prune(kept, now=now, seconds=seconds / len(KEPT))
