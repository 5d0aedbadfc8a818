"""Daily series of distinct reporters and issues, for a project and its parts.

Days are in the project's time zone, by the opening time at the tracker. Bots do not count; accounts
of one person count once; issues without a known author have no reporter.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, QuerySet
from django.db.models.functions import Coalesce, TruncDate, TruncSecond

from analytics.models import Spike
from analytics.spikes.baseline import GUARD_DAYS, WINDOW_DAYS
from analytics.spikes.rule import DailySeries
from issues.models import Issue, is_counted_as_bot
from projects.models import Project

LEAST_REPORTERS = 12
"""Fewest reporters in the forecast's weeks for evaluating a label, component or provider."""
SAME_SECOND = 20
"""Issues opened in one second from which the day is an import."""
SAME_AUTHOR = 30
"""Issues on one day from which it is an import, mostly by one person."""

Kind = Spike.SeriesKind
Issues = QuerySet[Any]
"""Query of `counted_issues`, whose annotations the model's type lacks."""
Key = tuple[str, str]
"""Kind and value of a series: `("label", "crash")`, `("project", "")`."""


@dataclass(frozen=True)
class Counted:
    day: date
    reporters: int
    issues: int


@dataclass(frozen=True)
class ProjectSeries:
    kind: str
    value: str
    daily: DailySeries
    issues: Mapping[date, int]
    """Issues by day; days without issues are left out."""

    @property
    def key(self) -> Key:
        return self.kind, self.value

    @property
    def name(self) -> str:
        """Name in alert rules: `project`, `label:crash`."""
        return f"{self.kind}:{self.value}" if self.value else self.kind


def local_midnight(project: Project, day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(project.time_zone))


def counted_issues(project: Project, first: date, last: date) -> Issues:
    """Select issues opened by people in the range, with `day` and `reporter`.

    Skips trackers whose first sync has not finished: their newest issues may be stored before the
    issues of earlier weeks.
    """
    opened = Issue.objects.of_project(project).present().exclude(is_counted_as_bot("author"))
    opened = opened.exclude(integration__last_success_at=None)
    return opened.filter(
        opened_at__gte=local_midnight(project, first),
        opened_at__lt=local_midnight(project, last + timedelta(days=1)),
    ).annotate(
        day=TruncDate("opened_at", tzinfo=ZoneInfo(project.time_zone)),
        reporter=Coalesce("author__identity_id", "author_id"),
    )


def load_series(project: Project, first: date, last: date) -> list[ProjectSeries]:
    """Load all series needed to evaluate the range, in four or five queries."""
    start = first - timedelta(days=WINDOW_DAYS + GUARD_DAYS)
    issues = counted_issues(project, start, last)
    imported = find_import_days(issues)
    learned_until = first - timedelta(days=1)
    found = []
    for (kind, value), days in _count_all(issues).items():
        learned = sum(one.reporters for one in days if one.day <= learned_until)
        if kind == Kind.PROJECT or learned >= LEAST_REPORTERS:
            daily = _without_gaps(days, last, imported)
            found.append(ProjectSeries(kind, value, daily, {one.day: one.issues for one in days}))
    return found


def find_import_days(issues: Issues) -> frozenset[date]:
    """Find days on which issues were imported in bulk."""
    seconds = issues.annotate(second=TruncSecond("opened_at")).values("second", "day")
    at_once = seconds.annotate(n=Count("pk")).filter(n__gte=SAME_SECOND).order_by()
    days = {row["day"] for row in at_once}
    totals: dict[date, int] = defaultdict(int)
    most: dict[date, int] = defaultdict(int)
    for row in issues.values("day", "reporter").annotate(n=Count("pk")).order_by():
        totals[row["day"]] += row["n"]
        if row["reporter"] is not None:
            most[row["day"]] = max(most[row["day"]], row["n"])
    days |= {day for day, n in totals.items() if n >= SAME_AUTHOR and 2 * most[day] > n}
    return frozenset(days)


def _count_all(issues: Issues) -> dict[Key, list[Counted]]:
    counted: dict[Key, list[Counted]] = {}
    for kind, column, narrowed in (
        (Kind.PROJECT, None, issues),
        (Kind.PROVIDER, "provider", issues),
        (Kind.LABEL, "labels__name", issues.filter(labels__kind="label")),
        (Kind.COMPONENT, "labels__name", issues.filter(labels__kind="component")),
    ):
        parts = _count(narrowed, column)
        # The only provider's series is the project's own.
        if kind != Kind.PROVIDER or len(parts) > 1:
            counted |= {(kind, value): days for value, days in parts.items()}
    return counted


def _count(issues: Issues, column: str | None) -> dict[str, list[Counted]]:
    """Count per value of the column, days ascending; always one query."""
    by = {"value": F(column)} if column else {}
    rows = issues.annotate(**by).values("day", *by)
    counts = rows.annotate(reporters=Count("reporter", distinct=True), issues=Count("pk"))
    found: dict[str, list[Counted]] = defaultdict(list)
    for row in counts.order_by("day"):
        value = row.get("value", "")
        found[value].append(Counted(row["day"], row["reporters"], row["issues"]))
    return found


def _without_gaps(days: list[Counted], last: date, imported: Iterable[date]) -> DailySeries:
    """Fill missing days with zero, from the first day with an issue.

    Before that day, the series may not have existed.
    """
    start = days[0].day
    reporters = [0] * ((last - start).days + 1)
    for one in days:
        reporters[(one.day - start).days] = one.reporters
    return DailySeries(start, reporters, frozenset(day for day in imported if day >= start))


def of_series(issues: Issues, key: Key) -> Issues:
    """Filter the issues of one series."""
    kind, value = key
    if kind == Kind.PROVIDER:
        return issues.filter(provider=value)
    if kind in (Kind.LABEL, Kind.COMPONENT):
        return issues.filter(labels__kind=kind, labels__name=value)
    return issues


def people_of(project: Project, key: Key, days: Sequence[date]) -> int:
    """Count distinct reporters of one series over all these days (ascending)."""
    issues = of_series(counted_issues(project, days[0], days[-1]), key).filter(day__in=days)
    return int(issues.aggregate(people=Count("reporter", distinct=True))["people"])


def days_between(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
