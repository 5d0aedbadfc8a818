"""How many days each kind of row is kept."""

from diip.settings.environment import env

# Days; 0 is for ever, but where it says otherwise. `integrations/retention.py` and its likes prune.
DIIP_RAW_PAGE_RETENTION_DAYS = env.int("DIIP_RAW_PAGE_RETENTION_DAYS", default=7)
"""How long the pages a tracker sent are kept, so that a mended mapping can be run over them again
without asking (`manage.py renormalise`). 0 keeps none."""
DIIP_API_LOG_RETENTION_DAYS = env.int("DIIP_API_LOG_RETENTION_DAYS", default=30)
"""Calls to trackers."""
DIIP_SYNC_RUN_RETENTION_DAYS = env.int("DIIP_SYNC_RUN_RETENTION_DAYS", default=90)
"""Finished syncs; the newest 20 of each integration stay."""
DIIP_DELIVERY_RETENTION_DAYS = env.int("DIIP_DELIVERY_RETENTION_DAYS", default=30)
"""Webhook deliveries: a copy that comes later has its effect again, which changes nothing."""
DIIP_ALERT_LOG_RETENTION_DAYS = env.int("DIIP_ALERT_LOG_RETENTION_DAYS", default=30)
"""Messages of alerts that are over, and tries to deliver; the alerts stay."""
DIIP_EXPIRED_TOKEN_RETENTION_DAYS = env.int("DIIP_EXPIRED_TOKEN_RETENTION_DAYS", default=0)
"""Sign-ins after they ran out. 0 keeps none."""
DIIP_AUDIT_RETENTION_DAYS = env.int("DIIP_AUDIT_RETENTION_DAYS", default=400)
"""The audit trail."""

DIIP_TASK_STATS_RETENTION_DAYS = env.int("DIIP_TASK_STATS_RETENTION_DAYS", default=7)
"""How long it is known how many tasks of a kind ran in each minute."""
DIIP_FAILED_TASK_RETENTION_DAYS = env.int("DIIP_FAILED_TASK_RETENTION_DAYS", default=30)
"""How long a task that failed is listed, and can be sent again."""
