"""Verification of the API's numbers against SQL over the issues.

Days are in UTC. Counts and averages must be equal; percentiles come from buckets and may differ.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

import msgspec
import psycopg

from benchmarks.analytics_data import DAYS, Made
from benchmarks.api_inside import Inside

RANGES = (30, 90, 365, DAYS + 30)
PERCENTILES = ("p50", "p75", "p90")

COUNTS_SQL = """
SELECT count(*) AS total_issues, count(*) FILTER (WHERE status <> 'done') AS open_issues,
    count(*) FILTER (WHERE status = 'done') AS closed_issues,
    count(*) FILTER (WHERE opened_at >= %(begin)s AND opened_at < %(end)s) AS opened,
    (SELECT count(*) FROM issues_transition moved JOIN issues_issue issue ON issue.id = issue_id
     WHERE project_id = %(project)s AND to_value = 'Closed'
        AND occurred_at >= %(begin)s AND occurred_at < %(end)s) AS closed,
    (SELECT count(*) FROM issues_transition moved JOIN issues_issue issue ON issue.id = issue_id
     WHERE project_id = %(project)s AND from_value = 'Closed'
        AND occurred_at >= %(begin)s AND occurred_at < %(end)s)
     AS reopened
FROM issues_issue WHERE project_id = %(project)s"""

DURATIONS_SQL = """
WITH delivered AS (
    SELECT id, opened_at, closed_at FROM issues_issue
    WHERE project_id = %(project)s AND outcome = 'delivered'
        AND closed_at >= %(begin)s AND closed_at < %(end)s),
spells AS (
    SELECT issue_id, to_value,
        lead(occurred_at) OVER (PARTITION BY issue_id ORDER BY occurred_at) - occurred_at AS took
    FROM issues_transition WHERE issue_id IN (SELECT id FROM delivered)),
lasted AS (
    SELECT 'resolution_time' AS metric, closed_at - opened_at AS took FROM delivered
    UNION ALL
    SELECT 'cycle_time', sum(took) FROM spells WHERE to_value <> 'Closed' GROUP BY issue_id
    UNION ALL
    SELECT 'time_to_first_response', first_response_at - opened_at FROM issues_issue
    WHERE project_id = %(project)s
        AND first_response_at >= %(begin)s AND first_response_at < %(end)s)
SELECT metric, count(*), avg(extract(epoch FROM took))::float,
    percentile_disc(array[0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM took))::float[]
FROM lasted GROUP BY metric"""

DAYS_SQL = """
SELECT count(*) FROM (
    SELECT day, opened FROM analytics_analyticssummary WHERE project_id = %(project)s AND opened > 0
) ours FULL JOIN (
    SELECT (opened_at AT TIME ZONE 'UTC')::date AS day, count(*) AS opened
    FROM issues_issue WHERE project_id = %(project)s GROUP BY 1
) theirs USING (day) WHERE ours.opened IS DISTINCT FROM theirs.opened"""


class Compared(NamedTuple):
    what: str
    ours: float | None
    theirs: float | None

    @property
    def error(self) -> float:
        """Return the relative error."""
        if self.ours is None or self.theirs is None:
            return 0.0 if self.ours == self.theirs else 1.0
        return abs(self.ours - self.theirs) / (abs(self.theirs) or 1.0)

    @property
    def is_same(self) -> bool:
        # Tolerance: two programs computed the division.
        return self.error < 1e-9


class Truth:
    def __init__(self, database: psycopg.Connection, inside: Inside) -> None:
        self.database, self.inside = database, inside
        self.wrong: list[Compared] = []
        self.percentiles: list[Compared] = []

    def compare(self, made: Made) -> None:
        for days in RANGES:
            last = made.now.date()
            first = last - timedelta(days=days - 1)
            shown = self._summary(made, first, last)
            begin, end = (
                datetime.combine(day, time(), UTC) for day in (first, last + timedelta(days=1))
            )
            values = {"project": made.project, "begin": begin, "end": end}
            exact = [*self._counts(shown, values), *self._durations(shown, values)]
            self.wrong += [each for each in exact if not each.is_same]
        unlike = self.database.execute(DAYS_SQL, {"project": made.project}).fetchone()
        if unlike != (0,):
            self.wrong.append(Compared(f"days of {made.issues:,} that differ", unlike[0], 0))  # type: ignore[index]

    def _summary(self, made: Made, first: date, last: date) -> dict[str, Any]:
        path = f"/api/projects/{made.project}/analytics/summary/?from={first}&to={last}"
        metrics: dict[str, Any] = msgspec.json.decode(self.inside.ask(path))["metrics"]
        return metrics

    def _counts(self, shown: Mapping[str, Any], values: dict[str, Any]) -> Iterator[Compared]:
        cursor = self.database.execute(COUNTS_SQL, values)
        names = [column.name for column in cursor.description or ()]
        for name, theirs in zip(names, cursor.fetchone() or (), strict=True):
            yield Compared(f"{name} from {values['begin']:%d %B %Y}", shown[name]["value"], theirs)

    def _durations(self, shown: Mapping[str, Any], values: dict[str, Any]) -> Iterator[Compared]:
        for metric, n, average, percentiles in self.database.execute(DURATIONS_SQL, values):
            what, ours = f"{metric} from {values['begin']:%d %B %Y}", shown[metric]
            yield Compared(f"{what}: n", ours["n"], n)
            yield Compared(f"{what}: average", ours["value"], average)
            for name, theirs in zip(PERCENTILES, percentiles, strict=True):
                if not ours["spread"]["insufficient_data"]:
                    self.percentiles.append(Compared(what, ours["spread"][name], theirs))
