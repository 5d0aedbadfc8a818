"""All that is kept for a time, over all apps: for the health page."""

from django.utils import timezone

from accounts import retention as accounts
from analytics.alerts import pruning as alerts
from diip.common.retention import Holding, Kept, describe
from integrations import retention as integrations
from issues.models import IssueChange

CHANGES = Kept(IssueChange, "noted_at", note="Until they are counted: seconds, while workers run.")
KEPT: tuple[Kept, ...] = (*accounts.KEPT, *integrations.KEPT, *alerts.KEPT, CHANGES)


def report() -> list[Holding]:
    """One a table. Costs a few index look-ups each."""
    now = timezone.now()
    return [describe(kept, now) for kept in KEPT]
