"""Health report from all probes, within a time limit."""

import threading
import time

from django.utils import timezone

from monitoring.health import parallel_probes, processes, queues, servers, storage, syncing
from monitoring.health.components import HealthReport, State
from monitoring.health.parallel_probes import Probe

PROBES: tuple[Probe, ...] = (
    Probe("database", servers.database, fix="Start the database, or check DATABASE_URL."),
    Probe("cache", servers.shared_cache, lane="cache", fix="Check the cache's server."),
    Probe(
        "broker", servers.message_broker, lane="broker", fix="Start the broker, or check REDIS_URL."
    ),
    Probe("disk", servers.disks, lane="disk", fix="Check that DIIP_VAR_DIR is mounted."),
    # Without the broker their state is unknown, which is not a failure.
    Probe("workers", processes.workers, "workers", processes.CHECK_BROKER, State.WARNING),
    Probe("beat", processes.beat, "beat", processes.CHECK_BROKER, State.WARNING),
    Probe("queues", queues.queues, lane="queues", fix="Check the database and the broker first."),
    Probe("tasks", storage.tasks),
    Probe("integrations", syncing.integrations),
    Probe("syncs", syncing.syncs),
    Probe("calls", syncing.calls),
    Probe("quarantine", syncing.quarantine),
    Probe("outbox", storage.outbox),
    Probe("keys", syncing.encryption_keys),
    Probe("retention", storage.retention),
)

CACHE_SECONDS = 5.0
_one_at_a_time = threading.Lock()


def report() -> HealthReport:
    """Run all probes: a few dozen cheap queries. Never raises; ends within seconds."""
    with _one_at_a_time:
        begun = time.monotonic()
        components = parallel_probes.run_all(PROBES)
        took = round((time.monotonic() - begun) * 1000)
        return HealthReport(at=timezone.now(), took_ms=took, components=components)


_last: list[tuple[float, HealthReport]] = []


def recent_report() -> HealthReport:
    """Return this process's report, at most five seconds old, to keep scrapes cheap."""
    now = time.monotonic()
    if not _last or now - _last[0][0] > CACHE_SECONDS:
        _last[:] = [(now, report())]
    return _last[0][1]
