"""Health of the database, cache, broker and disks."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction

from monitoring import broker
from monitoring.health.components import Component, State
from monitoring.health.wording import size

FULL = 0.95
NEARLY_FULL = 0.8
QUERY_MS = 1500
"""Statement timeout of report queries in milliseconds (PostgreSQL only)."""


@contextmanager
def bounded_queries() -> Iterator[None]:
    """Limit the time of the queries inside; transaction-local, so safe with a pooler."""
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(QUERY_MS)])
        yield


def _value(query: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
    return row[0] if row else None


def database() -> Component:
    begun = time.monotonic()
    _value("SELECT 1")
    took = round((time.monotonic() - begun) * 1000, 1)
    if connection.vendor == "sqlite":
        return _sqlite(took)
    with bounded_queries():
        bytes_used = int(_value("SELECT pg_database_size(current_database())"))
        used = int(_value("SELECT count(*) FROM pg_stat_activity"))
        most = int(_value("SELECT current_setting('max_connections')"))
    details = {
        "kind": "postgresql",
        "answer_ms": took,
        "bytes": bytes_used,
        "connections": used,
        "connections_allowed": most,
    }
    message = f"PostgreSQL answers in {took:g} ms and stores {size(bytes_used)}."
    if used >= NEARLY_FULL * most:
        fix = "Lower WEB_WORKERS or WEB_THREADS, use a pooler such as PgBouncer, or allow more."
        crowded = f"{message} {used} of {most} connections are in use."
        return Component("database", State.WARNING, crowded, fix, details)
    return Component("database", State.OK, message, details=details)


def _sqlite(took: float) -> Component:
    path = Path(str(connection.settings_dict["NAME"]))
    files = [path, path.with_name(path.name + "-wal")]
    bytes_used = sum(file.stat().st_size for file in files if file.exists())
    details = {"kind": "sqlite", "answer_ms": took, "bytes": bytes_used}
    message = f"SQLite answers in {took:g} ms and stores {size(bytes_used)}."
    return Component("database", State.OK, message, details=details)


def shared_cache() -> Component:
    """Check the shared cache; a cache inside each process needs no check."""
    backend = str(settings.CACHES["default"]["BACKEND"])
    if backend.endswith(("LocMemCache", "DummyCache")):
        return Component("cache", State.OK, "No shared cache is configured; none is needed.")
    begun = time.monotonic()
    cache.set("diip-health", "here", 60)
    found = cache.get("diip-health")
    took = round((time.monotonic() - begun) * 1000, 1)
    details = {"kind": backend.rpartition(".")[2], "answer_ms": took}
    if found != "here":
        message = "The cache does not keep stored values."
        return Component("cache", State.FAILING, message, "Check the cache's server.", details)
    return Component("cache", State.OK, f"The cache answers in {took:g} ms.", details=details)


def message_broker() -> Component:
    with broker.connect() as client:
        begun = time.monotonic()
        client.ping()
        took = round((time.monotonic() - begun) * 1000, 1)
        facts = {**client.info("memory"), **client.info("persistence")}
    details = {
        "answer_ms": took,
        "memory_bytes": int(facts.get("used_memory", 0)),
        "memory_allowed_bytes": int(facts.get("maxmemory", 0)) or None,
        "eviction": str(facts.get("maxmemory_policy", "unknown")),
        "append_only_file": bool(facts.get("aof_enabled")),
        "last_write_succeeded": facts.get("aof_last_write_status", "ok") == "ok",
    }
    return _judge_broker(details)


def _judge_broker(details: dict[str, Any]) -> Component:
    used, allowed = details["memory_bytes"], details["memory_allowed_bytes"]
    message = f"The broker answers in {details['answer_ms']:g} ms and uses {size(used)}."
    faults: list[tuple[State, str, str]] = []
    if not details["last_write_succeeded"]:
        faults.append((State.FAILING, "It cannot write its append-only file.", "Free disk space."))
    if allowed and used >= NEARLY_FULL * allowed:
        state = State.FAILING if used >= FULL * allowed else State.WARNING
        usage = f"That is {used / allowed:.0%} of its memory."
        faults.append((state, usage, "Raise maxmemory, or add workers to reduce the backlog."))
    if details["eviction"] not in ("noeviction", "unknown"):
        policy = f"When full, it drops messages (maxmemory-policy {details['eviction']})."
        faults.append((State.WARNING, policy, "Set maxmemory-policy noeviction."))
    if not details["append_only_file"]:
        loss = "It has no append-only file: a restart empties the queues."
        faults.append((State.WARNING, loss, "Set appendonly yes."))
    if not faults:
        return Component("broker", State.OK, message, details=details)
    faults.sort(key=lambda fault: fault[0] is not State.FAILING)
    full_message = " ".join([message, *(text for _, text, _ in faults)])
    fix = " ".join(fix for _, _, fix in faults)
    return Component("broker", faults[0][0], full_message, fix, details)


def disks() -> Component:
    """Check the disks of VAR_DIR and of a SQLite database elsewhere."""
    usages = {str(settings.VAR_DIR): shutil.disk_usage(settings.VAR_DIR)}
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        folder = Path(str(database["NAME"])).parent
        usages.setdefault(str(folder), shutil.disk_usage(folder))
    rows = [
        {"path": path, "free_bytes": usage.free, "total_bytes": usage.total}
        for path, usage in usages.items()
    ]
    tightest = min(usages.values(), key=lambda usage: usage.free / usage.total)
    used = 1 - tightest.free / tightest.total
    message = f"{size(tightest.free)} free, {used:.0%} used."
    state = State.OK if used < 0.9 else State.WARNING if used < 0.97 else State.FAILING
    fix = (
        ""
        if state is State.OK
        else "Free or add disk space, or shorten retention (see `retention`)."
    )
    return Component("disk", state, message, fix, {"disks": rows})
