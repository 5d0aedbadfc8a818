"""Tasks, integrations and their syncs, and what is kept."""

from monitoring.prometheus.gauges import Gauge, answers, figure, mapping, outcomes, table

MS = 0.001
QUEUE = ("queue",)
STATE = ("state",)
TABLE = ("table",)

GAUGES: tuple[Gauge, ...] = (
    Gauge("diip_tasks_recent", "Tasks that ended in five minutes.", outcomes, ("queue", "outcome")),
    Gauge(
        "diip_task_seconds_recent",
        "How long these took, summed.",
        table("tasks", "queues", "total_ms", "queue", scale=MS),
        QUEUE,
    ),
    Gauge(
        "diip_task_wait_seconds_recent",
        "How long these waited, summed.",
        table("tasks", "queues", "waited_ms", "queue", scale=MS),
        QUEUE,
    ),
    Gauge(
        "diip_failed_tasks_recent",
        "Tasks that failed in an hour and were not sent again.",
        figure("tasks", "failed_in_the_last_hour"),
    ),
    Gauge(
        "diip_integrations",
        "Integrations by provider and status.",
        table("integrations", "by_provider", "count", "provider", "status"),
        ("provider", "status"),
    ),
    Gauge(
        "diip_tokens_expiring",
        "Tokens that expire within 14 days.",
        figure("integrations", "tokens_expiring"),
    ),
    Gauge("diip_sync_runs_open", "Runs under way or waiting.", mapping("syncs", "open"), STATE),
    Gauge(
        "diip_sync_runs_ended_recent",
        "Runs that ended in an hour.",
        mapping("syncs", "ended_in_the_last_hour"),
        STATE,
    ),
    Gauge(
        "diip_sync_unclaimed_seconds",
        "How long the oldest run that is due waits for a worker.",
        figure("syncs", "oldest_unclaimed_seconds"),
    ),
    Gauge(
        "diip_since_success_seconds",
        "Since the last success of those integrations that should sync: p50, p95, max.",
        mapping("syncs", "since_success_seconds"),
        ("at",),
    ),
    Gauge("diip_syncs_late", "Integrations late without a run.", figure("syncs", "late")),
    Gauge(
        "diip_sync_late_seconds",
        "By how much the worst of them is late.",
        figure("syncs", "latest_seconds"),
    ),
    Gauge(
        "diip_api_calls_recent",
        "Calls to trackers in five minutes.",
        table("calls", "calls", "count", "provider", "status_class"),
        ("provider", "status_class"),
    ),
    Gauge(
        "diip_quarantined_records",
        "Records that could not be read.",
        figure("quarantine", "records"),
    ),
    Gauge(
        "diip_quarantined_records_recent",
        "Those of them that came in a day.",
        figure("quarantine", "new_today"),
    ),
    Gauge("diip_outbox_due", "Messages of alerts to be sent.", figure("outbox", "due")),
    Gauge(
        "diip_outbox_oldest_seconds",
        "Since the oldest of them is due.",
        figure("outbox", "oldest_seconds"),
    ),
    Gauge("diip_encryption_keys_fit", "Whether the keys fit the tokens.", answers("keys")),
    Gauge(
        "diip_kept_bytes",
        "Size of tables that grow with use (PostgreSQL).",
        table("retention", "kept", "bytes", "name"),
        TABLE,
    ),
    Gauge(
        "diip_kept_overdue",
        "Whether rows are there that should have been dropped.",
        table("retention", "kept", "overdue", "name"),
        TABLE,
    ),
)
