"""Reference implementation of one issue's metrics, slow and simple.

Independent of the product: imports nothing from `analytics`. `reference_timeline` builds the status
timeline, `reference_windows` sums issues.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import zip_longest
from zoneinfo import ZoneInfo

from analytics.tests.reference_timeline import (
    DONE,
    IN_PROGRESS,
    History,
    events_of,
    timeline,
    whole,
)

REOPENED_WITHIN = timedelta(days=30)
WORK_BEGAN = date(1970, 1, 1)
"""Start of computed working time."""


@dataclass(frozen=True, slots=True)
class Hours:
    days: tuple[int, ...]
    """ISO weekdays; Monday is 1."""
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Calendar:
    zone: ZoneInfo
    hours: Hours | None = None

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def working_seconds(self, start: datetime, end: datetime) -> int:
        """Sum the seconds within the working hours of each day."""
        assert self.hours is not None
        total, day = 0, max(self.day(start), WORK_BEGAN)
        while day <= self.day(end):
            if day.isoweekday() in self.hours.days:
                opens = datetime.combine(day, self.hours.start, self.zone).timestamp()
                closes = datetime.combine(day, self.hours.end, self.zone).timestamp()
                since, until = max(opens, start.timestamp()), min(closes, end.timestamp())
                total += max(0, round(until - since))
            day += timedelta(days=1)
        return total


@dataclass(frozen=True, slots=True)
class Span:
    """Ended span in a status that is not done."""

    start: datetime
    end: datetime
    status: str
    word: str

    @property
    def seconds(self) -> int:
        return seconds_between(self.start, self.end)


class Measures:
    """Durations of one issue: for each metric the seconds or the reason of exclusion."""

    def __init__(self, issue: History, calendar: Calendar) -> None:
        self.issue, self.calendar = issue, calendar
        self.steps, self.odd = timeline(issue)
        self.events = list(events_of(self.steps))
        self.closings = [at for at, kind in self.events if kind == "closed"]
        self.reopenings = [at for at, kind in self.events if kind == "reopened"]
        self.is_done = issue.status == DONE
        self.is_undated = "closed_undated" in self.odd
        self.is_imported = "history_before_opening" in self.odd
        self.is_delivered = self.is_done and issue.outcome in ("delivered", "unknown")
        self.closed_at = self.closings[-1] if self.is_done and not self.is_undated else None
        self.undated_at = max(self.steps[0].at, whole(issue.source_updated_at))
        """Return the time of an undated event: the last version, not before the opening."""
        started = [step.at for step in self.steps if step.status == IN_PROGRESS]
        self.started_at = started[0] if started else None
        self.spans = self._spans() if self.closed_at else []
        self.active = [span for span in self.spans if span.status == IN_PROGRESS]
        self.seconds: dict[str, int] = {}
        self.working: dict[str, int] = {}
        self.excluded: dict[str, str] = {}
        self._resolution()
        self._first_resolution()
        self._cycle()
        self._response()
        self._status()

    def _spans(self) -> list[Span]:
        pairs = zip(self.steps, self.steps[1:], strict=False)
        return [
            Span(step.at, following.at, step.status, step.word)
            for step, following in pairs
            if step.status != DONE
        ]

    def _resolution(self) -> None:
        if not self.is_done:
            return
        if not self.is_delivered:
            self.excluded["resolution"] = "not_delivered"
        elif self.closed_at is None:
            self.excluded["resolution"] = "closed_undated"
        elif "closed_before_opened" in self.odd:
            self._leave_out("resolution", "negative")
        else:
            self._count("resolution", [(self.steps[0].at, self.closed_at)])

    def _first_resolution(self) -> None:
        if not self.closings:
            return
        if "closed_before_opened" in self.odd and len(self.closings) == 1:
            self._leave_out("first_resolution", "negative")
        else:
            self._count("first_resolution", [(self.steps[0].at, self.closings[0])])

    def _cycle(self) -> None:
        if not self.is_done:
            return
        if not self.is_delivered:
            self.excluded["cycle"] = "not_delivered"
        elif self.closed_at is None:
            self.excluded["cycle"] = "closed_undated"
        elif not self.active:
            self._leave_out("cycle", "never_in_progress")
        else:
            self._count("cycle", [(span.start, span.end) for span in self.active])

    def _response(self) -> None:
        if self.issue.first_response_at is not None:
            answered = whole(self.issue.first_response_at)
            if answered < self.steps[0].at:
                self._leave_out("response", "negative")
            else:
                self._count("response", [(self.steps[0].at, answered)])

    def _status(self) -> None:
        """Record why time in status is excluded, if it is."""
        if not self.is_done:
            return
        if not self.is_delivered:
            self.excluded["status"] = "not_delivered"
        elif self.closed_at is None:
            self.excluded["status"] = "closed_undated"
        elif self.is_imported:
            self.excluded["status"] = "imported"

    def _count(self, metric: str, stretches: list[tuple[datetime, datetime]]) -> None:
        total = sum(seconds_between(start, end) for start, end in stretches)
        if total == 0 or self.is_imported:
            self._leave_out(metric, "zero")
        else:
            self.seconds[metric] = total
            if self.calendar.hours:
                self.working[metric] = sum(
                    self.calendar.working_seconds(start, end) for start, end in stretches
                )

    def _leave_out(self, metric: str, reason: str) -> None:
        """Record an exclusion; the reason of imported issues is always `imported`."""
        self.excluded[metric] = "imported" if self.is_imported else reason

    @property
    def elapsed_seconds(self) -> int | None:
        """Return the seconds from first work to closing, if the cycle time counts."""
        if "cycle" not in self.seconds or self.closed_at is None or self.started_at is None:
            return None
        return seconds_between(self.started_at, self.closed_at)

    def time_in(self, kind: str) -> dict[str, int]:
        """Return seconds by `word` or `status`, without zero times and times without a word;
        empty for imported issues."""
        found: dict[str, int] = {}
        if self.is_delivered and not self.is_imported:
            for span in self.spans:
                name = getattr(span, kind)
                found[name] = found.get(name, 0) + span.seconds
        return {name: seconds for name, seconds in found.items() if name and seconds > 0}

    def followed(self) -> list[bool]:
        """Return for each closing whether a reopening followed within 30 days."""
        pairs = zip_longest(self.closings, self.reopenings)
        return [again is not None and again - closed <= REOPENED_WITHIN for closed, again in pairs]

    def closings_reopened(self) -> list[datetime]:
        return [at for at, again in zip(self.closings, self.followed(), strict=True) if again]


def seconds_between(start: datetime, end: datetime) -> int:
    return round((end - start).total_seconds())
