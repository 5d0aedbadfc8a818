"""Gauges of servers, processes and queues."""

from monitoring.prometheus.gauges import Gauge, answers, figure, states, table

MS = 0.001
PATH = ("path",)
QUEUE = ("queue",)
WORKER = ("worker",)

GAUGES: tuple[Gauge, ...] = (
    Gauge(
        "diip_component_state",
        "State of a component: 0 ok, 1 warning, 2 failing; as in /api/admin/health/.",
        states,
        ("component",),
    ),
    Gauge("diip_database_up", "1 if the database answers, else 0.", answers("database")),
    Gauge(
        "diip_database_answer_seconds",
        "Response time of the database in seconds.",
        figure("database", "answer_ms", scale=MS),
    ),
    Gauge("diip_database_bytes", "Size of the database in bytes.", figure("database", "bytes")),
    Gauge(
        "diip_database_connections",
        "Database connections in use.",
        figure("database", "connections"),
    ),
    Gauge(
        "diip_database_connections_allowed",
        "Maximum number of database connections.",
        figure("database", "connections_allowed"),
    ),
    Gauge("diip_broker_up", "1 if the broker answers, else 0.", answers("broker")),
    Gauge(
        "diip_broker_answer_seconds",
        "Response time of the broker in seconds.",
        figure("broker", "answer_ms", scale=MS),
    ),
    Gauge(
        "diip_broker_memory_bytes",
        "Memory used by the broker in bytes.",
        figure("broker", "memory_bytes"),
    ),
    Gauge(
        "diip_broker_memory_allowed_bytes",
        "Memory limit of the broker in bytes, if set.",
        figure("broker", "memory_allowed_bytes"),
    ),
    Gauge(
        "diip_disk_free_bytes",
        "Free bytes on a disk with DIIP files.",
        table("disk", "disks", "free_bytes", "path"),
        PATH,
    ),
    Gauge(
        "diip_disk_total_bytes",
        "Total bytes of a disk with DIIP files.",
        table("disk", "disks", "total_bytes", "path"),
        PATH,
    ),
    Gauge("diip_workers_alive", "Running workers.", figure("workers", "alive")),
    Gauge(
        "diip_worker_age_seconds",
        "Seconds since the last heartbeat of each worker.",
        table("workers", "workers", "seconds_since_seen", "name"),
        WORKER,
    ),
    Gauge(
        "diip_worker_memory_bytes",
        "Memory of each worker's main process in bytes.",
        table("workers", "workers", "memory_bytes", "name"),
        WORKER,
    ),
    Gauge(
        "diip_worker_pool_memory_bytes",
        "Memory of each worker's pool in bytes; shared memory counts per process.",
        table("workers", "workers", "pool_memory_bytes", "name"),
        WORKER,
    ),
    Gauge("diip_beats_alive", "Running beats.", figure("beat", "alive")),
    Gauge(
        "diip_beat_age_seconds",
        "Seconds since the last heartbeat of beat.",
        figure("beat", "seconds_since_seen"),
    ),
    Gauge(
        "diip_queue_messages",
        "Waiting messages.",
        table("queues", "queues", "length", "name"),
        QUEUE,
    ),
    Gauge(
        "diip_queue_oldest_seconds",
        "Age of the oldest waiting message in seconds.",
        table("queues", "queues", "oldest_seconds", "name"),
        QUEUE,
    ),
    Gauge(
        "diip_queue_consumers",
        "Running workers that read from it.",
        table("queues", "queues", "consumers", "name"),
        QUEUE,
    ),
    Gauge(
        "diip_queue_worked_age_seconds",
        "Seconds since the last finished task of the queue.",
        table("queues", "queues", "seconds_since_worked", "name"),
        QUEUE,
    ),
    Gauge(
        "diip_queue_round_trip_seconds",
        "Wait of the last round-trip message in seconds.",
        table("queues", "queues", "round_trip_ms", "name", scale=MS),
        QUEUE,
    ),
)
