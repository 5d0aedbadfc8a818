"""Windows of days that metrics read: from daily rows, or from facts alone.

Rows cover whole projects. For a part of a project (a label, an assignee), days are computed from
the facts of its issues, so that the same metrics work for both.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import takewhile
from typing import Any

from analytics.facts.daily_totals import COUNTS, Change, add_facts, new_change
from analytics.facts.histograms import Counts, merge
from analytics.facts.issue_facts import Facts
from analytics.models import AnalyticsSummary

_COLUMNS = ("day", "distributions", "excluded", *COUNTS)


@dataclass(frozen=True, slots=True)
class Day:
    """Totals of one day; days without any event are left out."""

    day: date
    counts: Mapping[str, int]
    distributions: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    excluded: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def growth(self) -> int:
        """Net change of open issues on this day."""
        counts = self.counts
        leaving = counts.get("closed", 0) + counts.get("closed_undated", 0)
        return counts.get("opened", 0) + counts.get("reopened", 0) - leaving


@dataclass(frozen=True, slots=True)
class Window:
    """Days from `first` to `last`, both included; `today` in the project's time zone."""

    first: date
    last: date
    today: date
    days: Sequence[Day]
    total_before: int = 0
    open_before: int = 0

    def sum(self, name: str) -> int:
        return sum(day.counts.get(name, 0) for day in self.days)

    def distribution(self, name: str) -> Counts:
        return merge(day.distributions[name] for day in self.days if name in day.distributions)

    def distribution_names(self, prefix: str) -> list[str]:
        found = {name for day in self.days for name in day.distributions if name.startswith(prefix)}
        return sorted(name for name in found if not name.endswith(".working"))

    def excluded(self, metric: str) -> dict[str, int]:
        reasons: dict[str, int] = {}
        for day in self.days:
            for reason, count in day.excluded.get(metric, {}).items():
                reasons[reason] = reasons.get(reason, 0) + count
        return reasons

    @property
    def total_at_end(self) -> int:
        return self.total_before + self.sum("opened")

    @property
    def open_at_end(self) -> int:
        return self.open_before + sum(day.growth for day in self.days)

    @property
    def weeks(self) -> float:
        return ((self.last - self.first).days + 1) / 7

    def until(self, last: date) -> "Window":
        return self.part(self.first, last)

    def split(self, spans: Sequence[tuple[date, date]]) -> list["Window"]:
        """Split into consecutive (first, last) spans, in one pass over the days."""
        parts, rest = [], list(self.days)
        total, still_open = self.total_before, self.open_before
        for first, last in spans:
            count = sum(1 for _ in takewhile(lambda day: day.day <= last, rest))  # noqa: B023
            days, rest = rest[:count], rest[count:]
            parts.append(Window(first, last, self.today, days, total, still_open))
            total, still_open = parts[-1].total_at_end, parts[-1].open_at_end
        return parts

    def part(self, first: date, last: date) -> "Window":
        """Return a smaller window within this one."""
        before = [day for day in self.days if day.day < first]
        return Window(
            first=first,
            last=last,
            today=self.today,
            days=[day for day in self.days if first <= day.day <= last],
            total_before=self.total_before + sum(day.counts.get("opened", 0) for day in before),
            open_before=self.open_before + sum(day.growth for day in before),
        )


def read_window(project_id: int, first: date, last: date, today: date) -> Window:
    """Read a window of the whole project from daily rows, in two queries."""
    rows = AnalyticsSummary.objects.filter(project=project_id)
    before = rows.filter(day__lt=first).order_by("-day").values_list("total_issues", "open_issues")
    total, still_open = before.first() or (0, 0)
    found = rows.filter(day__range=(first, last)).order_by("day").values_list(*_COLUMNS)
    days = [_day(row) for row in found]
    return Window(first, last, today, days, total, still_open)


def _day(row: Sequence[Any]) -> Day:
    day, distributions, excluded, *counts = row
    return Day(day, dict(zip(COUNTS, counts, strict=True)), distributions, excluded)


def window_of(facts: Iterable[Facts], first: date, last: date, today: date) -> Window:
    """Build a window from facts."""
    change = new_change()
    for each in facts:
        add_facts(change, each, 1)
    return window_of_change(change, first, last, today)


def window_of_change(change: Change, first: date, last: date, today: date) -> Window:
    """Build a window from the summed contributions of facts."""
    days = [_from_keys(day, keys) for day, keys in sorted(change.items()) if day <= last]
    everything = Window(date.min, last, today, days)
    return everything.part(first, last)


def _from_keys(day: date, keys: Mapping[Any, int]) -> Day:
    counts: dict[str, int] = {}
    nested: dict[str, dict[str, dict[str, int]]] = {"distributions": {}, "excluded": {}}
    for key, amount in keys.items():
        if isinstance(key, str):
            counts[key] = amount
        else:
            column, name, entry = key
            nested[column].setdefault(name, {})[entry] = amount
    return Day(day, counts, **nested)


def periods(first: date, last: date, interval: str) -> Iterator[tuple[date, date]]:
    """Yield the days, ISO weeks or months that overlap the range, cut to it."""
    begin = first
    while begin <= last:
        end = min(_end_of(begin, interval), last)
        yield begin, end
        begin = end + timedelta(days=1)


def _end_of(day: date, interval: str) -> date:
    if interval == "week":
        return day + timedelta(days=7 - day.isoweekday())
    if interval == "month":
        return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return day
