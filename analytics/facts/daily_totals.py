"""Daily totals: add the contributions of new facts, subtract those of old facts.

A change is `{day: {key: amount}}`; a key is the name of a counting column, or a path into one of
the two JSON columns: `("distributions", name, bucket)`, `("excluded", metric, reason)`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import connection, models

from analytics.facts.histograms import bucket_of
from analytics.facts.issue_facts import Facts
from analytics.facts.status_timeline import DONE, IN_PROGRESS
from analytics.models import AnalyticsSummary
from issues.models import Issue
from issues.store.rows import Upsert

Key = str | tuple[str, str, str]
Change = dict[date, dict[Key, int]]

_RUNNING = ("total_issues", "open_issues", "closed_issues")
COUNTS = tuple(
    field.name
    for field in AnalyticsSummary._meta.concrete_fields
    if isinstance(field, models.IntegerField) and field.name not in (*_RUNNING, "id")
)
"""Columns that are sums of contributions."""
_JSON = ("distributions", "excluded")
_WRITTEN = (*COUNTS, *_JSON, "avg_resolution_time")
_UPSERT = Upsert(
    model=AnalyticsSummary,
    columns=("project_id", "day", *_WRITTEN, *_RUNNING, "spike_detected"),
    conflict=("project_id", "day"),
    replace=_WRITTEN,
)


# --- contributions of facts --------------------------------------------------------------------


def add_facts(change: Change, facts: Facts, sign: int) -> None:
    """Add the contributions of facts to `change`; `sign` is 1, or -1 to subtract."""
    for day, key, amount in contributions(facts):
        change[day][key] += sign * amount


def new_change() -> Change:
    return defaultdict(lambda: defaultdict(int))


def contributions(facts: Facts) -> Iterable[tuple[date, Key, int]]:
    """Yield (day, key, amount) for everything one issue adds to daily totals."""
    yield facts.opened_day, "opened", 1
    yield from _cohort(facts)
    yield from _events(facts)
    if facts.undated_day:
        yield facts.undated_day, "closed_undated", 1
    if facts.closed_day:
        yield from _closed(facts, facts.closed_day)
    if facts.response_day and facts.response_seconds is not None:
        yield from _duration(facts.response_day, "response", facts.response_seconds, facts)
    for metric, reason in facts.excluded.items():
        yield _day_of_exclusion(facts, metric), ("excluded", metric, reason), 1


def _cohort(facts: Facts) -> Iterable[tuple[date, Key, int]]:
    if facts.status != DONE:
        yield facts.opened_day, "cohort_open", 1
        if facts.status == IN_PROGRESS:
            yield facts.opened_day, "cohort_in_progress", 1
        if facts.response_day is None:
            yield facts.opened_day, "cohort_unanswered", 1
    elif facts.is_delivered:
        yield facts.opened_day, "cohort_delivered", 1


def _events(facts: Facts) -> Iterable[tuple[date, Key, int]]:
    for day, kind, *follows in facts.events:
        yield date.fromisoformat(day), kind, 1
        if follows and follows[0]:
            yield date.fromisoformat(day), "closings_reopened", 1
    if facts.first_resolution_seconds is not None:
        day = date.fromisoformat(facts.events[0][0])
        yield from _duration(day, "first_resolution", facts.first_resolution_seconds, facts)


def _closed(facts: Facts, day: date) -> Iterable[tuple[date, Key, int]]:
    if facts.is_delivered:
        yield day, "delivered", 1
        if facts.outcome == Issue.Outcome.UNKNOWN:
            yield day, "delivered_unknown", 1
    if facts.resolution_seconds is not None:
        yield from _duration(day, "resolution", facts.resolution_seconds, facts)
    if facts.cycle_seconds is not None:
        yield from _duration(day, "cycle", facts.cycle_seconds, facts)
        yield day, "flow_n", 1
        yield day, "flow_active_seconds", facts.cycle_seconds
        yield day, "flow_elapsed_seconds", facts.elapsed_seconds or 0
        yield day, _bucket("category.in_progress", facts.cycle_seconds), 1
    if facts.todo_seconds:
        yield day, _bucket("category.todo", facts.todo_seconds), 1
    for word, seconds in facts.status_seconds.items():
        yield day, _bucket(f"status.{word}", seconds), 1


def _duration(day: date, name: str, seconds: int, facts: Facts) -> Iterable[tuple[date, Key, int]]:
    yield day, f"{name}_n", 1
    yield day, f"{name}_seconds", seconds
    yield day, _bucket(name, seconds), 1
    if name in facts.working:
        yield day, _bucket(f"{name}.working", facts.working[name]), 1


def _bucket(name: str, seconds: int) -> Key:
    return "distributions", name, str(bucket_of(seconds))


def _day_of_exclusion(facts: Facts, metric: str) -> date:
    """Return the day on which the issue would have been counted."""
    if metric == "time_to_first_response" and facts.response_day:
        return facts.response_day
    if metric == "first_resolution_time" and facts.events:
        return date.fromisoformat(facts.events[0][0])
    return facts.closed_day or facts.undated_day or facts.opened_day


# --- rows ----------------------------------------------------------------------------------------


def apply_change(project_id: int, change: Change) -> bool:
    """Write the change to the project's daily rows; True if any row changed.

    The caller holds a transaction with the project's state row locked.
    """
    touched = {day: keys for day, keys in change.items() if any(keys.values())}
    if not touched:
        return False
    rows = AnalyticsSummary.objects.filter(project_id=project_id, day__in=touched)
    stored = {row.pop("day"): row for row in rows.values("day", *COUNTS, *_JSON)}
    changed = {day: _changed(stored.get(day, {}), keys) for day, keys in touched.items()}
    empty = [day for day, row in changed.items() if not any(row.values())]
    _UPSERT.write([_upsert_row(project_id, day, row) for day, row in sorted(changed.items())])
    AnalyticsSummary.objects.filter(project_id=project_id, day__in=empty).delete()
    update_running_totals(project_id, min(touched))
    return True


def _changed(stored: Mapping[str, Any], keys: Mapping[Key, int]) -> dict[str, Any]:
    row: dict[str, Any] = {name: stored.get(name, 0) for name in COUNTS}
    row |= {name: {k: dict(v) for k, v in stored.get(name, {}).items()} for name in _JSON}
    for key, amount in keys.items():
        if isinstance(key, str):
            row[key] += amount
            continue
        column, name, entry = key
        counts = row[column].setdefault(name, {})
        counts[entry] = counts.get(entry, 0) + amount
    for column in _JSON:
        kept = {k: {e: n for e, n in v.items() if n} for k, v in row[column].items()}
        row[column] = {name: counts for name, counts in kept.items() if counts}
    return row


def _upsert_row(project_id: int, day: date, row: Mapping[str, Any]) -> tuple[object, ...]:
    n = row["resolution_n"]
    average = row["resolution_seconds"] / n if n else None
    counts = [row[name] for name in COUNTS]
    return (project_id, day, *counts, *(row[name] for name in _JSON), average,
            0, 0, 0, False)  # fmt: skip


_UPDATE_RUNNING_TOTALS = """
UPDATE analytics_analyticssummary AS s
SET total_issues = r.total, open_issues = r.still_open, closed_issues = r.total - r.still_open
FROM (
    SELECT id,
        %(total)s + SUM(opened) OVER days AS total,
        %(still_open)s + SUM(opened - closed + reopened - closed_undated) OVER days AS still_open
    FROM analytics_analyticssummary
    WHERE project_id = %(project)s AND day >= %(day)s
    WINDOW days AS (ORDER BY day)
) AS r
WHERE s.id = r.id AND (s.total_issues <> r.total OR s.open_issues <> r.still_open
    OR s.closed_issues <> r.total - r.still_open)
"""


def update_running_totals(project_id: int, day: date) -> None:
    """Recompute the running totals at the end of each day, from `day` on."""
    before = AnalyticsSummary.objects.filter(project_id=project_id, day__lt=day)
    last = before.order_by("-day").values_list("total_issues", "open_issues").first() or (0, 0)
    with connection.cursor() as cursor:
        cursor.execute(
            _UPDATE_RUNNING_TOTALS,
            {"total": last[0], "still_open": last[1], "project": project_id, "day": day},
        )
