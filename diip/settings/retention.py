"""Retention of rows in days."""

from diip.settings.environment import env

# 0 keeps rows permanently unless noted. `integrations/retention.py` and its siblings prune.
DIIP_RAW_PAGE_RETENTION_DAYS = env.int("DIIP_RAW_PAGE_RETENTION_DAYS", default=7)
"""Raw tracker pages, kept to apply a fixed mapping again without new requests
(`manage.py remap`). 0 keeps none."""
DIIP_API_LOG_RETENTION_DAYS = env.int("DIIP_API_LOG_RETENTION_DAYS", default=30)
"""Calls to trackers."""
DIIP_SYNC_RUN_RETENTION_DAYS = env.int("DIIP_SYNC_RUN_RETENTION_DAYS", default=90)
"""Finished syncs; the newest 20 of each integration stay."""
DIIP_DELIVERY_RETENTION_DAYS = env.int("DIIP_DELIVERY_RETENTION_DAYS", default=30)
"""Webhook deliveries; a duplicate that arrives later is processed again, without effect."""
DIIP_ALERT_LOG_RETENTION_DAYS = env.int("DIIP_ALERT_LOG_RETENTION_DAYS", default=30)
"""Messages of resolved alerts and delivery attempts; the alerts are kept."""
DIIP_EXPIRED_TOKEN_RETENTION_DAYS = env.int("DIIP_EXPIRED_TOKEN_RETENTION_DAYS", default=0)
"""Sign-ins after expiry. 0 keeps none."""
DIIP_AUDIT_RETENTION_DAYS = env.int("DIIP_AUDIT_RETENTION_DAYS", default=400)
"""Audit events."""

DIIP_TASK_STATS_RETENTION_DAYS = env.int("DIIP_TASK_STATS_RETENTION_DAYS", default=7)
"""Task counts per minute."""
DIIP_FAILED_TASK_RETENTION_DAYS = env.int("DIIP_FAILED_TASK_RETENTION_DAYS", default=30)
"""Failed tasks, which can be sent again while listed."""
