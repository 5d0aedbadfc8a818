"""Servers, processes, queues."""

from monitoring.prometheus.gauges import Gauge, answers, figure, states, table

MS = 0.001
PATH = ("path",)
QUEUE = ("queue",)
WORKER = ("worker",)

GAUGES: tuple[Gauge, ...] = (
    Gauge(
        "diip_component_state",
        "0 is ok, 1 a warning, 2 failing; as /api/admin/health/ has it.",
        states,
        ("component",),
    ),
    Gauge("diip_database_up", "Whether the database answers.", answers("database")),
    Gauge(
        "diip_database_answer_seconds",
        "How long it took to answer.",
        figure("database", "answer_ms", scale=MS),
    ),
    Gauge("diip_database_bytes", "What it holds.", figure("database", "bytes")),
    Gauge("diip_database_connections", "Connections taken.", figure("database", "connections")),
    Gauge(
        "diip_database_connections_allowed",
        "Connections there may be.",
        figure("database", "connections_allowed"),
    ),
    Gauge("diip_broker_up", "Whether the broker answers.", answers("broker")),
    Gauge(
        "diip_broker_answer_seconds",
        "How long it took to answer.",
        figure("broker", "answer_ms", scale=MS),
    ),
    Gauge("diip_broker_memory_bytes", "What it uses.", figure("broker", "memory_bytes")),
    Gauge(
        "diip_broker_memory_allowed_bytes",
        "What it may use, where that is limited.",
        figure("broker", "memory_allowed_bytes"),
    ),
    Gauge(
        "diip_disk_free_bytes",
        "Free where DIIP keeps files.",
        table("disk", "disks", "free_bytes", "path"),
        PATH,
    ),
    Gauge(
        "diip_disk_total_bytes",
        "Size of that disk.",
        table("disk", "disks", "total_bytes", "path"),
        PATH,
    ),
    Gauge("diip_workers_alive", "Workers at work.", figure("workers", "alive")),
    Gauge(
        "diip_worker_age_seconds",
        "Since each worker was heard.",
        table("workers", "workers", "seconds_since_seen", "name"),
        WORKER,
    ),
    Gauge(
        "diip_worker_memory_bytes",
        "Memory of each worker's main process.",
        table("workers", "workers", "memory_bytes", "name"),
        WORKER,
    ),
    Gauge(
        "diip_worker_pool_memory_bytes",
        "Memory of each worker's pool, what its processes share counted in each.",
        table("workers", "workers", "pool_memory_bytes", "name"),
        WORKER,
    ),
    Gauge("diip_beats_alive", "Beats at work.", figure("beat", "alive")),
    Gauge("diip_beat_age_seconds", "Since beat was heard.", figure("beat", "seconds_since_seen")),
    Gauge(
        "diip_queue_messages",
        "Messages that wait.",
        table("queues", "queues", "length", "name"),
        QUEUE,
    ),
    Gauge(
        "diip_queue_oldest_seconds",
        "Age of the oldest message, where one waits.",
        table("queues", "queues", "oldest_seconds", "name"),
        QUEUE,
    ),
    Gauge(
        "diip_queue_consumers",
        "Living workers that take from it.",
        table("queues", "queues", "consumers", "name"),
        QUEUE,
    ),
    Gauge(
        "diip_queue_worked_age_seconds",
        "Since something was last worked from it.",
        table("queues", "queues", "seconds_since_worked", "name"),
        QUEUE,
    ),
    Gauge(
        "diip_queue_round_trip_seconds",
        "How long the last message that was sent to see waited.",
        table("queues", "queues", "round_trip_ms", "name", scale=MS),
        QUEUE,
    ),
)
