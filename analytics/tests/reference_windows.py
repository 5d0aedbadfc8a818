"""Reference implementation of a project's metrics: slow sums over its issues."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from math import ceil

from analytics.tests.reference import Calendar, Measures, seconds_between
from analytics.tests.reference_timeline import DONE, IN_PROGRESS, History, whole

DAY = timedelta(days=1)
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Mark:
    """Contribution to a day: an event, or (with seconds) an ended duration."""

    day: date
    name: str
    seconds: int | None = None


def marks_of(issue: History, calendar: Calendar) -> list[Mark]:
    """Return all contributions of one issue; none for a removed one."""
    if issue.removed:
        return []
    known = Measures(issue, calendar)
    return [*_events(known), *_cohort(known), *_durations(known), *_exclusions(known)]


def _events(known: Measures) -> Iterable[Mark]:
    day = known.calendar.day
    yield Mark(day(known.steps[0].at), "opened")
    yield from (Mark(day(at), "closed") for at in known.closings)
    yield from (Mark(day(at), "reopened") for at in known.reopenings)
    yield from (Mark(day(at), "closings_reopened") for at in known.closings_reopened())
    if known.is_undated:
        yield Mark(day(known.undated_at), "closed_undated")
    elif known.is_delivered:
        yield Mark(day(known.closed_at), "delivered")
        if known.issue.outcome == "unknown":
            yield Mark(day(known.closed_at), "delivered_unknown")


def _cohort(known: Measures) -> Iterable[Mark]:
    """Return the current state, counted on the opening day."""
    opened, issue = known.calendar.day(known.steps[0].at), known.issue
    if known.is_delivered:
        yield Mark(opened, "cohort_delivered")
    if issue.status != DONE:
        yield Mark(opened, "cohort_open")
        if issue.status == IN_PROGRESS:
            yield Mark(opened, "cohort_in_progress")
        if issue.first_response_at is None:
            yield Mark(opened, "cohort_unanswered")


def _durations(known: Measures) -> Iterable[Mark]:
    for metric, seconds in known.seconds.items():
        yield Mark(_day_of(metric, known), metric, seconds)
    for metric, seconds in known.working.items():
        yield Mark(_day_of(metric, known), f"{metric}.working", seconds)
    if known.elapsed_seconds:
        yield Mark(_day_of("cycle", known), "flow_active", known.seconds["cycle"])
        yield Mark(_day_of("cycle", known), "flow_elapsed", known.elapsed_seconds)
    for word, seconds in known.time_in("word").items():
        yield Mark(_day_of("cycle", known), f"status.{word}", seconds)
    for status, seconds in known.time_in("status").items():
        yield Mark(_day_of("cycle", known), f"category.{status}", seconds)


def _exclusions(known: Measures) -> Iterable[Mark]:
    for metric, reason in known.excluded.items():
        yield Mark(_day_of(metric, known), f"excluded {metric} {reason}")


def _day_of(metric: str, known: Measures) -> date:
    """Return the day on which a duration counts, or would count."""
    if metric == "response":
        return known.calendar.day(known.issue.first_response_at)
    if metric == "first_resolution":
        return known.calendar.day(known.closings[0])
    return known.calendar.day(known.closed_at or known.undated_at)


class Reference:
    """Metrics of a project; each method iterates over all contributions."""

    def __init__(self, issues: Sequence[History], calendar: Calendar) -> None:
        self.calendar = calendar
        self.issues = [issue for issue in issues if not issue.removed]
        self.marks = [mark for issue in issues for mark in marks_of(issue, calendar)]

    # --- a window, both days included ------------------------------------------------------------

    def count(self, name: str, first: date, last: date) -> int:
        return sum(mark.name == name and first <= mark.day <= last for mark in self.marks)

    def values(self, name: str, first: date, last: date) -> list[int]:
        """Return exact durations, ascending."""
        within = (mark for mark in self.marks if first <= mark.day <= last)
        return sorted(
            mark.seconds for mark in within if mark.name == name and mark.seconds is not None
        )

    def average(self, name: str, first: date, last: date) -> float | None:
        values = self.values(name, first, last)
        return sum(values) / len(values) if values else None

    def excluded(self, metric: str, first: date, last: date) -> dict[str, int]:
        """Count exclusions by reason."""
        reasons = Counter(
            mark.name.split()[2]
            for mark in self.marks
            if first <= mark.day <= last and mark.name.startswith(f"excluded {metric} ")
        )
        return dict(reasons)

    def flow_efficiency(self, first: date, last: date) -> float | None:
        elapsed = sum(self.values("flow_elapsed", first, last))
        return sum(self.values("flow_active", first, last)) / elapsed if elapsed else None

    def delivery_rate(self, first: date, last: date) -> float | None:
        opened = self.count("opened", first, last)
        return self.count("cohort_delivered", first, last) / opened if opened else None

    def reopen_rate(self, first: date, last: date, now: datetime) -> float | None:
        """Return the share of reopened closings, at least 30 days old."""
        while last >= first and now - self._end_of(last) < timedelta(days=30):
            last -= DAY
        closed = self.count("closed", first, last)
        return self.count("closings_reopened", first, last) / closed if closed else None

    def _end_of(self, day: date) -> datetime:
        return datetime.combine(day + DAY, time(), self.calendar.zone).astimezone(UTC)

    # --- up to a day -----------------------------------------------------------------------------

    def total(self, day: date) -> int:
        return self.count("opened", date.min, day)

    def backlog(self, day: date) -> int:
        """Return the open issues at the end of the day."""
        closed, again = (self.count(name, date.min, day) for name in ("closed", "reopened"))
        return self.total(day) - (closed - again) - self.count("closed_undated", date.min, day)

    # --- weeks, Monday to Sunday -----------------------------------------------------------------

    def week_starts(self, now: datetime) -> list[date]:
        """Return the Mondays of the last 4 complete weeks."""
        today = self.calendar.day(now)
        monday = today - (today.isoweekday() - 1) * DAY
        return [monday - number * WEEK for number in (4, 3, 2, 1)]

    def backlog_growth(self, monday: date) -> int:
        sunday = monday + 6 * DAY
        opened, closed, again = (
            self.count(name, monday, sunday) for name in ("opened", "closed", "reopened")
        )
        return opened - closed + again

    def backlog_slope(self, now: datetime) -> float:
        """Fit issues per week by least squares through 5 points."""
        mondays = self.week_starts(now)
        ends = [mondays[0] - DAY, *(monday + 6 * DAY for monday in mondays)]
        heights = [self.backlog(day) for day in ends]
        middle = sum(heights) / 5
        return sum((x - 2) * (y - middle) for x, y in enumerate(heights)) / 10

    def throughput(self, now: datetime) -> float:
        """Return delivered issues per week."""
        return sum(
            self.count("delivered", monday, monday + 6 * DAY) for monday in self.week_starts(now)
        ) / len(self.week_starts(now))

    # --- now -------------------------------------------------------------------------------------

    def now(self) -> tuple[int, int, int]:
        """Return all, open and closed issues by current status, ignoring the history."""
        closed = sum(issue.status == DONE for issue in self.issues)
        return len(self.issues), len(self.issues) - closed, closed

    def unanswered(self, now: datetime) -> tuple[int, int | None]:
        """Return the number of waiting issues and the seconds of the oldest."""
        waiting = [
            seconds_between(whole(issue.opened_at), now)
            for issue in self.issues
            if issue.status != DONE and issue.first_response_at is None
        ]
        return len(waiting), max(waiting, default=None)


def percentile(values: Sequence[int], percent: int) -> int:
    """Return the nearest-rank percentile of ascending values."""
    return values[ceil(Fraction(percent * len(values), 100)) - 1]
