"""What is kept for how long: one declaration a table, pruned and reported in the same way.

Pruning deletes a batch a transaction, oldest first, for a bounded time: the next beat goes on. What
is deleted is found through the index on its date.
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
"""More rows than that are told as an estimate, and more overdue ones as so many at least."""


@dataclass(frozen=True)
class Kept:
    """A table whose rows are pruned by a date."""

    model: type[Model]
    date: str
    setting: str = ""
    """Days; empty: never pruned by age, `note` says when its rows go."""
    zero_keeps_none: bool = False
    """Else 0 days are for ever."""
    note: str = ""
    batch: int = 1000
    may_go: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows
    """Of the rows that are old enough, those that may be deleted."""

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def days(self) -> int | None:
        """None: for ever."""
        days = max(int(getattr(settings, self.setting)), 0) if self.setting else 0
        return days if days or self.zero_keeps_none else None

    def overdue(self, now: datetime) -> QuerySet[Any]:
        rows = self.model._default_manager.all()
        if self.days is None:
            return rows.none()
        return self.may_go(rows.filter(**{f"{self.date}__lte": now - timedelta(days=self.days)}))


@dataclass(frozen=True)
class Holding:
    """What is there of a table."""

    table: str
    setting: str
    days: int | None
    """None: not pruned by age."""
    rows: int
    """An estimate where there are many."""
    oldest: datetime | None
    overdue: int
    """Older than they should be; at most COUNTED_EXACTLY, then there are more."""
    note: str


def prune(kept: Kept, *, now: datetime, seconds: float) -> tuple[int, bool]:
    """(rows deleted, whether nothing is left to delete)."""
    deadline = time.monotonic() + seconds
    deleted = 0
    overdue = kept.overdue(now).order_by(kept.date)
    while ids := list(overdue.values_list("pk", flat=True)[: kept.batch]):
        # By the base manager: an append-only table refuses its ordinary one.
        kept.model._base_manager.filter(pk__in=ids).delete()  # noqa: SLF001 - its documented name
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
