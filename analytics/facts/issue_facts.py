"""Facts of one issue: its contribution to the metrics, computed from its history alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import zip_longest
from typing import Any

from analytics.facts.status_timeline import (
    DONE,
    IN_PROGRESS,
    TODO,
    Anomaly,
    IssueState,
    Span,
    StatusChange,
    Timeline,
    build_timeline,
)
from analytics.facts.working_calendar import Calendar
from issues.models import Issue

VERSION = "1"
"""Version of the definitions; facts of another version are recomputed."""
REOPENED_WITHIN = 30 * 86_400
DELIVERED = (Issue.Outcome.DELIVERED, Issue.Outcome.UNKNOWN)

NOT_DELIVERED, CLOSED_UNDATED, IMPORTED = "not_delivered", "closed_undated", "imported"
NEGATIVE, ZERO, NEVER_IN_PROGRESS = "negative", "zero", "never_in_progress"
LIFE_METRICS = ("resolution_time", "cycle_time", "time_in_status")
"""Metrics of delivered issues, from opening to last closing."""


@dataclass(frozen=True, slots=True)
class IssueInput:
    """Stored data of an issue; times in whole seconds since 1970."""

    issue_id: int
    integration_id: int
    state: IssueState
    outcome: str | None
    first_response_at: int | None
    changes: Sequence[StatusChange]


@dataclass(frozen=True, slots=True)
class Facts:
    """Values of one `IssueFacts` row."""

    issue_id: int
    integration_id: int
    opened_day: date
    closed_day: date | None
    undated_day: date | None
    response_day: date | None
    status: str
    outcome: str | None
    started_at: datetime | None
    resolution_seconds: int | None
    first_resolution_seconds: int | None
    cycle_seconds: int | None
    response_seconds: int | None
    elapsed_seconds: int | None
    todo_seconds: int | None
    working: dict[str, int] = field(default_factory=dict)
    status_seconds: dict[str, int] = field(default_factory=dict)
    events: list[list[Any]] = field(default_factory=list)
    excluded: dict[str, str] = field(default_factory=dict)
    anomalies: list[str] = field(default_factory=list)

    @property
    def is_delivered(self) -> bool:
        return self.status == DONE and self.outcome in DELIVERED


def compute_facts(issue: IssueInput, classes: Mapping[str, str], calendar: Calendar) -> Facts:
    """Compute the facts; `classes` maps the integration's status words to statuses."""
    return _FactsBuilder(
        issue, build_timeline(issue.state, issue.changes, classes), calendar
    ).facts()


@dataclass(slots=True)
class _FactsBuilder:
    issue: IssueInput
    timeline: Timeline
    calendar: Calendar
    excluded: dict[str, str] = field(default_factory=dict)
    working: dict[str, int] = field(default_factory=dict)
    closings: Sequence[int] = ()
    reopenings: Sequence[int] = ()

    def __post_init__(self) -> None:
        self.closings, self.reopenings = self.timeline.closings, self.timeline.reopenings

    def facts(self) -> Facts:
        issue, state, days = self.issue, self.issue.state, self.calendar
        closed_at = self._closed_at()
        started = next((s.start for s in self.timeline.spans if s.status == IN_PROGRESS), None)
        active_spans = self._active_spans(closed_at)
        worked = self._cycle(active_spans, closed_at)
        return Facts(
            issue_id=issue.issue_id,
            integration_id=issue.integration_id,
            opened_day=days.day_of(state.opened_at),
            closed_day=self._day(closed_at),
            undated_day=self._undated_day(),
            response_day=self._day(issue.first_response_at),
            status=state.status,
            outcome=issue.outcome if state.status == DONE else None,
            started_at=None if started is None else datetime.fromtimestamp(started, UTC),
            resolution_seconds=self._resolution(active_spans, closed_at),
            first_resolution_seconds=self._first_resolution(),
            cycle_seconds=worked,
            response_seconds=self._response(),
            elapsed_seconds=(closed_at or 0) - (started or 0) if worked else None,
            todo_seconds=_time_in(active_spans, TODO) if active_spans else None,
            working=self.working,
            status_seconds=_by_word(active_spans),
            events=self._events(),
            excluded=self.excluded,
            anomalies=[str(anomaly) for anomaly in self.timeline.anomalies],
        )

    def _has(self, anomaly: Anomaly) -> bool:
        return anomaly in self.timeline.anomalies

    def _closed_at(self) -> int | None:
        if self.issue.state.status != DONE or self._has(Anomaly.CLOSED_UNDATED):
            return None
        return self.closings[-1]

    def _active_spans(self, closed_at: int | None) -> list[Span]:
        """Return the spans until the last closing; if excluded, record the reason."""
        if self.issue.state.status != DONE:
            return []
        reason = None
        if self.issue.outcome not in DELIVERED:
            reason = NOT_DELIVERED
        elif closed_at is None:
            reason = CLOSED_UNDATED
        elif self._has(Anomaly.HISTORY_BEFORE_OPENING):
            reason = IMPORTED
        if reason:
            self.excluded |= dict.fromkeys(LIFE_METRICS, reason)
            return []
        return [span for span in self.timeline.spans if span.status != DONE]

    # --- durations -------------------------------------------------------------------------------

    def _resolution(self, active_spans: Sequence[Span], closed_at: int | None) -> int | None:
        if not active_spans or closed_at is None:
            return None
        opened_at = self.issue.state.opened_at
        seconds = -1 if self._has(Anomaly.CLOSED_BEFORE_OPENED) else closed_at - opened_at
        return self._counted("resolution_time", seconds, [(opened_at, closed_at)])

    def _first_resolution(self) -> int | None:
        closings, opened_at = self.closings, self.issue.state.opened_at
        if not closings or self._is_imported("first_resolution_time"):
            return None
        before_opened = len(closings) == 1 and self._has(Anomaly.CLOSED_BEFORE_OPENED)
        seconds = -1 if before_opened else closings[0] - opened_at
        return self._counted("first_resolution_time", seconds, [(opened_at, closings[0])])

    def _cycle(self, active_spans: Sequence[Span], closed_at: int | None) -> int | None:
        if not active_spans or closed_at is None:
            return None
        worked = [(s.start, s.start + s.seconds) for s in active_spans if s.status == IN_PROGRESS]
        if not worked:
            self.excluded["cycle_time"] = NEVER_IN_PROGRESS
            return None
        return self._counted("cycle_time", sum(end - start for start, end in worked), worked)

    def _response(self) -> int | None:
        responded, opened_at = self.issue.first_response_at, self.issue.state.opened_at
        if responded is None or self._is_imported("time_to_first_response"):
            return None
        span = (opened_at, responded)
        return self._counted("time_to_first_response", responded - opened_at, [span])

    def _counted(self, metric: str, seconds: int, spans: Sequence[tuple[int, int]]) -> int | None:
        if seconds <= 0:
            self.excluded[metric] = ZERO if seconds == 0 else NEGATIVE
            return None
        if self.calendar.hours:
            worked = sum(self.calendar.working_seconds(start, end) for start, end in spans)
            self.working[NAMES[metric]] = worked
        return seconds

    def _is_imported(self, metric: str) -> bool:
        if self._has(Anomaly.HISTORY_BEFORE_OPENING):
            self.excluded[metric] = IMPORTED
            return True
        return False

    # --- days ------------------------------------------------------------------------------------

    def _day(self, moment: int | None) -> date | None:
        return None if moment is None else self.calendar.day_of(moment)

    def _undated_day(self) -> date | None:
        if not self._has(Anomaly.CLOSED_UNDATED):
            return None
        state = self.issue.state
        return self.calendar.day_of(max(state.source_updated_at, state.opened_at))

    def _events(self) -> list[list[Any]]:
        """List closings and reopenings alternately; an issue begins as not done."""
        events: list[list[Any]] = []
        for closed, reopened in zip_longest(self.closings, self.reopenings):
            follows = reopened is not None and reopened - closed <= REOPENED_WITHIN
            events.append([self.calendar.day_of(closed).isoformat(), "closed", follows])
            if reopened is not None:
                events.append([self.calendar.day_of(reopened).isoformat(), "reopened"])
        return events


NAMES = {
    "resolution_time": "resolution",
    "first_resolution_time": "first_resolution",
    "cycle_time": "cycle",
    "time_to_first_response": "response",
}
"""Histogram name by metric."""


def _time_in(spans: Sequence[Span], status: str) -> int:
    return sum(span.seconds for span in spans if span.status == status)


def _by_word(spans: Sequence[Span]) -> dict[str, int]:
    words: dict[str, int] = {}
    for span in spans:
        if span.seconds and span.word:
            words[span.word] = words.get(span.word, 0) + span.seconds
    return words
