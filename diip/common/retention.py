"""Retention: one declaration per table for pruning and reporting.

Pruning deletes the oldest rows in batches, one per transaction, for a bounded time; the next beat
continues. The date column needs an index.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Min, Model, QuerySet

COUNTED_EXACTLY = 10_000
"""Limit of exact counts: above it, rows are estimated and overdue rows are a minimum."""


@dataclass(frozen=True)
class Kept:
    """Retention rule of a table, pruned by a date column."""

    model: type[Model]
    date: str
    setting: str = ""
    """Setting with the days; empty: not pruned by age, `note` explains."""
    zero_keeps_none: bool = False
    """Delete at once at 0 days; otherwise 0 days keep rows permanently."""
    note: str = ""
    batch: int = 1000
    may_go: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows
    """Filter of old rows to those that may be deleted."""

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def days(self) -> int | None:
        """Return the retention in days; None: permanent."""
        days = max(int(getattr(settings, self.setting)), 0) if self.setting else 0
        return days if days or self.zero_keeps_none else None

    def overdue(self, now: datetime) -> QuerySet[Any]:
        rows = self.model._default_manager.all()
        if self.days is None:
            return rows.none()
        return self.may_go(rows.filter(**{f"{self.date}__lte": now - timedelta(days=self.days)}))


@dataclass(frozen=True)
class Holding:
    """Current content of a table."""

    table: str
    setting: str
    days: int | None
    """Retention in days; None: not pruned by age."""
    rows: int
    """Row count; an estimate above COUNTED_EXACTLY."""
    oldest: datetime | None
    overdue: int
    """Overdue row count, capped at COUNTED_EXACTLY."""
    note: str


def prune(kept: Kept, *, now: datetime, seconds: float) -> tuple[int, bool]:
    """Delete overdue rows; return (rows deleted, True if none is left)."""
    deadline = time.monotonic() + seconds
    deleted = 0
    overdue = kept.overdue(now).order_by(kept.date)
    while ids := list(overdue.values_list("pk", flat=True)[: kept.batch]):
        # Base manager: the default manager of append-only tables refuses to delete.
        kept.model._base_manager.filter(pk__in=ids).delete()  # noqa: SLF001 - documented API
        deleted += len(ids)
        if time.monotonic() > deadline:
            return deleted, len(ids) < kept.batch
    return deleted, True


def describe(kept: Kept, now: datetime) -> Holding:
    rows = kept.model._default_manager.all()
    return Holding(
        table=kept.table,
        setting=kept.setting,
        days=kept.days,
        rows=_count(kept.model),
        oldest=rows.aggregate(oldest=Min(kept.date))["oldest"],
        overdue=len(kept.overdue(now).values_list("pk", flat=True)[:COUNTED_EXACTLY]),
        note=kept.note,
    )


def _count(model: type[Model]) -> int:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            query = "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass"
            cursor.execute(query, [f'"{model._meta.db_table}"'])
            estimate = int(cursor.fetchone()[0])
        if estimate > COUNTED_EXACTLY:
            return estimate
    return int(model._default_manager.count())
