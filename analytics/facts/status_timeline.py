"""Status timeline of an issue: spans of one status each, from the tracker's history.

Trackers contradict themselves: a history begins before its issue, ends in another status than the
issue has, or is missing. Every such case is recorded as an `Anomaly`, shown beside the numbers,
and excludes the durations it affects from the averages.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from issues.models import Issue

TODO, IN_PROGRESS, DONE = Issue.Status.TODO, Issue.Status.IN_PROGRESS, Issue.Status.DONE


class Anomaly(StrEnum):
    HISTORY_BEFORE_OPENING = "history_before_opening"
    """Imported issue: its opening time is that of the import."""
    OPENED_AS_DONE = "opened_as_done"
    UNKNOWN_STATUS = "unknown_status"
    """History contains a status word without a classification."""
    CLOSED_UNDATED = "closed_undated"
    REOPENED_UNDATED = "reopened_undated"
    STATUS_UNEXPLAINED = "status_unexplained"
    """Current status differs from the last status of the history."""
    CLOSED_BEFORE_OPENED = "closed_before_opened"
    CLOSED_AT_CONTRADICTS_HISTORY = "closed_at_contradicts_history"


@dataclass(frozen=True, slots=True)
class StatusChange:
    """Status change in the tracker's words; `at` in whole seconds since 1970."""

    at: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class IssueState:
    """Current state of an issue; times in whole seconds since 1970."""

    opened_at: int
    status: str
    source_status: str
    closed_at: int | None
    source_updated_at: int


@dataclass(slots=True)
class Span:
    start: int
    end: int | None
    status: str
    word: str

    @property
    def seconds(self) -> int:
        """Length of the span; 0 while it has no end."""
        return 0 if self.end is None else self.end - self.start


@dataclass(slots=True)
class Timeline:
    spans: list[Span]
    anomalies: list[Anomaly] = field(default_factory=list)

    @property
    def closings(self) -> list[int]:
        """Times at which the issue became done."""
        return [
            after.start
            for before, after in self._neighbours()
            if after.status == DONE != before.status
        ]

    @property
    def reopenings(self) -> list[int]:
        return [
            after.start
            for before, after in self._neighbours()
            if before.status == DONE != after.status
        ]

    def _neighbours(self) -> Iterable[tuple[Span, Span]]:
        return zip(self.spans, self.spans[1:], strict=False)

    def note(self, anomaly: Anomaly) -> None:
        if anomaly not in self.anomalies:
            self.anomalies.append(anomaly)


def build_timeline(
    state: IssueState, changes: Sequence[StatusChange], classes: Mapping[str, str]
) -> Timeline:
    """Build the timeline from `changes`, oldest first; `classes` maps words to statuses."""
    timeline = Timeline([_first_span(state, changes, classes)])
    if changes and classes.get(changes[0].before) == DONE:
        timeline.note(Anomaly.OPENED_AS_DONE)
    for change in changes:
        if change.at < state.opened_at:
            timeline.note(Anomaly.HISTORY_BEFORE_OPENING)
        known = classes.get(change.after)
        if known is None:
            timeline.note(Anomaly.UNKNOWN_STATUS)
        status = known or timeline.spans[-1].status
        _append_span(timeline, max(change.at, state.opened_at), status, change.after)
    _match_current_state(timeline, state)
    return timeline


def _first_span(
    state: IssueState, changes: Sequence[StatusChange], classes: Mapping[str, str]
) -> Span:
    if changes:
        began = classes.get(changes[0].before, TODO)
        return Span(state.opened_at, None, TODO if began == DONE else began, changes[0].before)
    if state.status == DONE:
        return Span(state.opened_at, None, TODO, "")
    return Span(state.opened_at, None, state.status, state.source_status)


def _append_span(timeline: Timeline, at: int, status: str, word: str) -> None:
    timeline.spans[-1].end = at
    timeline.spans.append(Span(at, None, status, word))


def _match_current_state(timeline: Timeline, state: IssueState) -> None:
    """Adjust the last span to the current state, which overrides the history."""
    if state.closed_at is not None and state.status == DONE and state.closed_at < state.opened_at:
        timeline.note(Anomaly.CLOSED_BEFORE_OPENED)
    last = timeline.spans[-1]
    if last.status == state.status:
        if state.status == DONE and state.closed_at is not None:
            _move_closing(timeline, state.closed_at)
    elif state.status == DONE:
        _close(timeline, state)
    else:
        undated = last.status == DONE
        timeline.note(Anomaly.REOPENED_UNDATED if undated else Anomaly.STATUS_UNEXPLAINED)
        at = max(last.start, state.source_updated_at)
        _append_span(timeline, at, state.status, state.source_status)


def _close(timeline: Timeline, state: IssueState) -> None:
    if state.closed_at is None:
        timeline.note(Anomaly.CLOSED_UNDATED)
        return
    closed_at = max(state.closed_at, timeline.spans[-1].start)
    _append_span(timeline, closed_at, DONE, state.source_status)


def _move_closing(timeline: Timeline, closed_at: int) -> None:
    """Move the last closing to the tracker's `closed_at`, which overrides the history."""
    spans = timeline.spans
    first = len(spans) - 1
    while first > 0 and spans[first - 1].status == DONE:
        first -= 1
    if first == 0 or closed_at == spans[first].start:
        return
    if closed_at < spans[first - 1].start:
        if Anomaly.CLOSED_BEFORE_OPENED not in timeline.anomalies:
            timeline.note(Anomaly.CLOSED_AT_CONTRADICTS_HISTORY)
        return
    while first < len(spans) - 1 and spans[first + 1].start <= closed_at:
        del spans[first]
    spans[first].start = spans[first - 1].end = closed_at
