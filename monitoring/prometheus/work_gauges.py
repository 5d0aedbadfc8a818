"""Gauges of tasks, integrations, syncs and retention."""

from monitoring.prometheus.gauges import Gauge, answers, figure, mapping, outcomes, table

MS = 0.001
QUEUE = ("queue",)
STATE = ("state",)
TABLE = ("table",)

GAUGES: tuple[Gauge, ...] = (
    Gauge(
        "diip_tasks_recent", "Tasks ended in the last five minutes.", outcomes, ("queue", "outcome")
    ),
    Gauge(
        "diip_task_seconds_recent",
        "Total duration of these tasks in seconds.",
        table("tasks", "queues", "total_ms", "queue", scale=MS),
        QUEUE,
    ),
    Gauge(
        "diip_task_wait_seconds_recent",
        "Total wait of these tasks in seconds.",
        table("tasks", "queues", "waited_ms", "queue", scale=MS),
        QUEUE,
    ),
    Gauge(
        "diip_failed_tasks_recent",
        "Tasks failed in the last hour and not retried.",
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
    Gauge(
        "diip_sync_runs_open",
        "Sync runs that are running or waiting.",
        mapping("syncs", "open"),
        STATE,
    ),
    Gauge(
        "diip_sync_runs_ended_recent",
        "Sync runs ended in the last hour.",
        mapping("syncs", "ended_in_the_last_hour"),
        STATE,
    ),
    Gauge(
        "diip_sync_unclaimed_seconds",
        "Seconds that the oldest due run has waited for a worker.",
        figure("syncs", "oldest_unclaimed_seconds"),
    ),
    Gauge(
        "diip_since_success_seconds",
        "Seconds since the last success of active integrations: p50, p95, max.",
        mapping("syncs", "since_success_seconds"),
        ("at",),
    ),
    Gauge("diip_syncs_late", "Late integrations without a running sync.", figure("syncs", "late")),
    Gauge(
        "diip_sync_late_seconds",
        "Delay of the latest integration in seconds.",
        figure("syncs", "latest_seconds"),
    ),
    Gauge(
        "diip_api_calls_recent",
        "Calls to trackers in the last five minutes.",
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
        "Records quarantined in the last day.",
        figure("quarantine", "new_today"),
    ),
    Gauge("diip_outbox_due", "Alert messages waiting to be sent.", figure("outbox", "due")),
    Gauge(
        "diip_outbox_oldest_seconds",
        "Delay of the oldest alert message in seconds.",
        figure("outbox", "oldest_seconds"),
    ),
    Gauge(
        "diip_encryption_keys_fit",
        "1 if the encryption keys match the stored tokens, else 0.",
        answers("keys"),
    ),
    Gauge(
        "diip_kept_bytes",
        "Size of tables with a retention period in bytes (PostgreSQL).",
        table("retention", "kept", "bytes", "name"),
        TABLE,
    ),
    Gauge(
        "diip_kept_overdue",
        "1 if rows are overdue for deletion, else 0.",
        table("retention", "kept", "overdue", "name"),
        TABLE,
    ),
)
