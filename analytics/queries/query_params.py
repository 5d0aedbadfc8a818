"""Query parameters of analytics: range of days and filters of issues."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from analytics.facts.date_windows import Window, read_window, window_of
from analytics.facts.fact_store import read_facts
from analytics.facts.issue_facts import Facts
from analytics.facts.working_calendar import Calendar
from analytics.metrics import METRICS, Metric, MetricContext
from analytics.models import IssueFacts
from diip.common.errors import InvalidInput
from issues.models import Issue
from issues.queries.filters import FILTERS, Parameter, narrow_issues, one_of
from projects.models import Project

DEFAULT_DAYS = 90
MAX_DAYS = 366 * 50
MAX_FACTS = 100_000
"""Limit of issues read one by one; daily rows have no limit."""
INTERVALS = ("day", "week", "month")
GROUPS = ("label", "type", "assignee", "provider")


def day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a date, such as 2026-01-31") from None


def days(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 1 <= int(value[:9]) <= MAX_DAYS:
        raise ValueError(f"must be a whole number from 1 to {MAX_DAYS}")
    return int(value)


def factor(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 1 <= number <= 100:
        raise ValueError("must be a number from 1 to 100")
    return number


_DATE = {"type": "string", "format": "date", "example": "2026-01-31"}
RANGE = (
    Parameter("from", day, "First day, in the project's time zone.", _DATE),
    Parameter("to", day, "Last day, included. Default: today.", _DATE),
    Parameter(
        "days", days, "Number of days up to `to`, instead of `from`.",
        {"type": "integer", "minimum": 1, "maximum": MAX_DAYS, "default": DEFAULT_DAYS},
    ),
)  # fmt: skip
PART = tuple(f for f in FILTERS if f.name in {"label", "type", "assignee", "provider"})


def _metric(names: Iterable[str], default: str) -> Parameter:
    known = sorted(names)
    about = "Id of a metric. `/api/analytics/definitions/` lists all ids."
    schema = {"type": "string", "enum": known, "default": default}
    return Parameter("metric", one_of(*known), about, schema)


RANGED = _metric((m.id for m in METRICS.values() if m.over_range), "opened")
PRESENT = _metric((m.id for m in METRICS.values() if m.current_value), "unanswered")
ANY_METRIC = _metric(METRICS, "opened")
INTERVAL = Parameter(
    "interval", one_of(*INTERVALS), "Length of one point. Weeks are ISO weeks.",
    {"type": "string", "enum": list(INTERVALS), "default": "week"},
)  # fmt: skip
BY = Parameter(
    "by", one_of(*GROUPS), "Group by: one series per value, most issues first.",
    {"type": "string", "enum": list(GROUPS)},
)  # fmt: skip
FACTOR = Parameter(
    "factor", factor, "`stale`: multiple of the usual gap without activity.",
    {"type": "number", "minimum": 1, "maximum": 100, "default": 3},
)  # fmt: skip
PERSON = Parameter(
    "by", one_of("person"), "`workload`: include the names of assignees.",
    {"type": "string", "enum": ["person"]},
)  # fmt: skip
EXCLUDED = Parameter(
    "excluded", one_of("true", "false"), "`true`: list issues that were not counted, with reasons.",
    {"type": "string", "enum": ["true", "false"], "default": "false"},
)  # fmt: skip

SUMMARY = (*RANGE, *PART)
TRENDS = (RANGED, INTERVAL, BY, *RANGE, *PART)
NOW = (PRESENT, FACTOR, PERSON, *PART)
BEHIND = (ANY_METRIC, EXCLUDED, FACTOR, *RANGE, *PART)
Values = Mapping[str, list[Any]]


def chosen_metric(values: Values, default: str = "opened") -> Metric:
    return METRICS[values.get("metric", [default])[0]]


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """Range of days of a project, and filters for its issues."""

    project: Project
    first: date
    last: date
    now: datetime
    calendar: Calendar
    part: Values = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, project: Project, values: Values) -> "MetricQuery":
        now, calendar = timezone.now(), Calendar.of(project)
        first, last = _range(values, calendar.today(now))
        names = {each.name for each in PART}
        options = {name: values[name][0] for name in ("factor", "by") if name in values}
        part = {name: given for name, given in values.items() if name in names}
        return cls(project, first, last, now, calendar, part, options)

    @property
    def today(self) -> date:
        return self.calendar.today(self.now)

    @property
    def facts(self) -> QuerySet[IssueFacts]:
        rows = IssueFacts.objects.filter(project=self.project)
        if not self.part:
            return rows
        issues = narrow_issues(Issue.objects.filter(project=self.project), self.project, self.part)
        return rows.filter(issue__in=issues.values("pk"))

    @property
    def scope(self) -> MetricContext:
        return MetricContext(
            project=self.project,
            facts=self.facts,
            now=self.now,
            calendar=self.calendar,
            options=self.options,
            is_whole=not self.part,
        )

    def window(self, metric: Metric | None = None, *, days_before: int = 0) -> Window:
        """Read the days of the range, and `days_before` days before it."""
        first = self.first - timedelta(days=days_before)
        if not self.part:
            return read_window(self.project.pk, first, self.last, self.today)
        return window_of(self.facts_for(metric), first, self.last, self.today)

    def facts_for(self, metric: Metric | None) -> Iterator[Facts]:
        """Yield the facts that a metric may count; None for all metrics.

        Raises InvalidInput above `MAX_FACTS` issues.
        """
        rows = self.facts
        if metric is not None and not metric.is_level:
            rows = rows.filter(metric.prefilter(self.first, self.last))
        if rows.count() > MAX_FACTS:
            raise InvalidInput(
                f"from: this query would read more than {MAX_FACTS:,} issues one by one; "
                "choose fewer days, or remove the filters",
                field="from",
            )
        return read_facts(rows)

    def candidates(self, metric: Metric) -> tuple[date, date, QuerySet[IssueFacts]]:
        """Return first day, last day and candidate facts of a metric's drill-down."""
        last = self.last
        if metric.settles_after:
            last = min(last, self.today - timedelta(days=metric.settles_after))
        return self.first, last, self.facts.filter(metric.prefilter(self.first, last))


def _range(values: Values, today: date) -> tuple[date, date]:
    if "from" in values and "days" in values:
        raise InvalidInput("days: give `from` or `days`, not both", field="days")
    last = values.get("to", [today])[0]
    if not date(1970, 1, 1) <= last <= today + timedelta(days=366):
        raise InvalidInput("to: must be between 1970 and one year from now", field="to")
    back = values.get("days", [DEFAULT_DAYS])[0] - 1
    first = values["from"][0] if "from" in values else last - timedelta(days=back)
    if first > last:
        raise InvalidInput("from: must not be after `to`", field="from")
    if (last - first).days >= MAX_DAYS:
        raise InvalidInput(f"from: a range must have at most {MAX_DAYS} days", field="from")
    return first, last
