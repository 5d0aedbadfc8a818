"""Tables with a retention period, of all apps, for the health report."""

from accounts import retention as accounts
from analytics.alerts import retention as alerts
from diip.common.retention import Kept
from integrations import retention as integrations
from issues.models import IssueChange
from monitoring.models import FailedTask, TaskTally

CHANGES = Kept(
    IssueChange, "noted_at", note="Deleted once counted: within seconds while workers run."
)
TALLIES = Kept(TaskTally, "minute", "DIIP_TASK_STATS_RETENTION_DAYS", zero_keeps_none=True)
FAILURES = Kept(FailedTask, "failed_at", "DIIP_FAILED_TASK_RETENTION_DAYS", zero_keeps_none=True)
KEPT: tuple[Kept, ...] = (
    *(*accounts.KEPT, *integrations.KEPT, *alerts.KEPT),
    *(CHANGES, TALLIES, FAILURES),
)
