"""Health of the alert outbox, tasks and data retention."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Min, Sum
from django.utils import timezone

from analytics.models import AlertMessage
from diip.common.retention import describe
from monitoring.health.components import Component, State
from monitoring.health.retention_tables import KEPT
from monitoring.health.servers import bounded_queries
from monitoring.health.wording import counted, size, span
from monitoring.models import FailedTask, TaskTally

OUTBOX_LATE = 300
"""Delay in seconds at which a message is late; allows for a retry."""
GRACE = timedelta(days=1)
"""Allowed delay of deletion, which runs in small batches."""


def outbox() -> Component:
    now = timezone.now()
    with bounded_queries():
        due = AlertMessage.objects.filter(state=AlertMessage.State.DUE, due_at__lte=now)
        found = due.aggregate(count=Count("pk"), oldest=Min("due_at"))
    age = (now - found["oldest"]).total_seconds() if found["oldest"] else 0.0
    details = {"due": found["count"], "oldest_seconds": round(age, 1)}
    message = f"{counted(found['count'], 'alert message')} waiting to be sent."
    if age > OUTBOX_LATE:
        late = f"{message} The oldest is late by {span(age)}."
        fix = "Check the workers of the queue `alerts`, and EMAIL_URL."
        return Component("outbox", State.WARNING, late, fix, details)
    return Component("outbox", State.OK, message, details=details)


def tasks() -> Component:
    """Check the tasks of five whole minutes, and failures of the last hour."""
    now = timezone.now()
    whole = now.replace(second=0, microsecond=0)
    with bounded_queries():
        recent = TaskTally.objects.filter(
            minute__gte=whole - timedelta(minutes=5), minute__lt=whole
        )
        sums = recent.values("queue").order_by("queue")
        rows = list(
            sums.annotate(
                succeeded=Sum("succeeded"),
                failed=Sum("failed"),
                total_ms=Sum("total_ms"),
                waited_ms=Sum("waited_ms"),
            )
        )
        failed = FailedTask.objects.filter(failed_at__gte=now - timedelta(hours=1))
        failures = failed.filter(sent_again_at=None).count()
    details = {"minutes": 5, "queues": rows, "failed_in_the_last_hour": failures}
    done = sum(row["succeeded"] for row in rows)
    message = f"{counted(done, 'task')} succeeded in five minutes."
    if failures:
        warning = f"{message} {counted(failures, 'task')} failed in the last hour."
        fix = "See the cause in the tasks dashboard, and retry them there."
        return Component("tasks", State.WARNING, warning, fix, details)
    return Component("tasks", State.OK, message, details=details)


# --- retention ----------------------------------------------------------------------------------


def retention() -> Component:
    now = timezone.now()
    with bounded_queries():
        rows = list(_kept_rows(now))
    overdue = [row for row in rows if row["overdue"]]
    known = [row["bytes"] for row in rows if isinstance(row["bytes"], int)]
    message = f"Logs and stored pages use {size(sum(known))}." if known else "No data is overdue."
    if overdue:
        names = ", ".join(str(row["name"]) for row in overdue)
        warning = f"Overdue for deletion: {names}."
        fix = "Check beat and the workers: they delete old data."
        return Component("retention", State.WARNING, warning, fix, {"kept": rows})
    return Component("retention", State.OK, message, details={"kept": rows})


def _kept_rows(now: datetime) -> Iterator[dict[str, object]]:
    for kept in KEPT:
        held = describe(kept, now - GRACE)
        yield {
            "name": held.table,
            "days": held.days,
            "setting": held.setting,
            "rows": held.rows,
            "oldest": held.oldest,
            "bytes": _table_bytes(held.table),
            "overdue": held.overdue > 0,
            "note": held.note,
        }


def _table_bytes(table: str) -> int | None:
    """Return the size with indexes; None on SQLite, which would read the whole table."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s::regclass)", [table])
        return int(cursor.fetchone()[0])
