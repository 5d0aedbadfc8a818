"""An issue's life as spans of one status each, made of what its tracker told of it.

Trackers contradict themselves: histories begin before their issue, end in another status than the
issue has, or are not told at all. Whatever had to be decided here is named (`Anomaly`), shown
beside the numbers, and keeps the durations that it touches out of the averages.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from issues.models import Issue

TODO, IN_PROGRESS, DONE = Issue.Status.TODO, Issue.Status.IN_PROGRESS, Issue.Status.DONE


class Anomaly(StrEnum):
    HISTORY_BEFORE_OPENING = "history_before_opening"
    """It was imported: its opening is the import's."""
    OPENED_AS_DONE = "opened_as_done"
    UNKNOWN_STATUS = "unknown_status"
    """Went through a status word that nobody classified."""
    CLOSED_UNDATED = "closed_undated"
    REOPENED_UNDATED = "reopened_undated"
    STATUS_UNEXPLAINED = "status_unexplained"
    """Is in another status than its history ends with."""
    CLOSED_BEFORE_OPENED = "closed_before_opened"
    CLOSED_AT_CONTRADICTS_HISTORY = "closed_at_contradicts_history"


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One change of status, in the tracker's words; `at` in whole seconds since 1970."""

    at: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class IssueState:
    """What the tracker says an issue is now; moments in whole seconds since 1970."""

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
        """Its length; 0 while it lasts."""
        return 0 if self.end is None else self.end - self.start


@dataclass(slots=True)
class Timeline:
    spans: list[Span]
    anomalies: list[Anomaly] = field(default_factory=list)

    @property
    def closings(self) -> list[int]:
        """When it became done."""
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
    story: IssueState, moves: Sequence[StatusChange], classes: Mapping[str, str]
) -> Timeline:
    """`moves` oldest first; `classes`: what each status word means."""
    timeline = Timeline([_first_span(story, moves, classes)])
    if moves and classes.get(moves[0].before) == DONE:
        timeline.note(Anomaly.OPENED_AS_DONE)
    for move in moves:
        if move.at < story.opened_at:
            timeline.note(Anomaly.HISTORY_BEFORE_OPENING)
        known = classes.get(move.after)
        if known is None:
            timeline.note(Anomaly.UNKNOWN_STATUS)
        status = known or timeline.spans[-1].status
        _go_on(timeline, max(move.at, story.opened_at), status, move.after)
    _bring_to_now(timeline, story)
    return timeline


def _first_span(
    story: IssueState, moves: Sequence[StatusChange], classes: Mapping[str, str]
) -> Span:
    if moves:
        began = classes.get(moves[0].before, TODO)
        return Span(story.opened_at, None, TODO if began == DONE else began, moves[0].before)
    if story.status == DONE:
        return Span(story.opened_at, None, TODO, "")
    return Span(story.opened_at, None, story.status, story.source_status)


def _go_on(timeline: Timeline, at: int, status: str, word: str) -> None:
    timeline.spans[-1].end = at
    timeline.spans.append(Span(at, None, status, word))


def _bring_to_now(timeline: Timeline, story: IssueState) -> None:
    """Whatever the history says, the issue is what it is now."""
    if story.closed_at is not None and story.status == DONE and story.closed_at < story.opened_at:
        timeline.note(Anomaly.CLOSED_BEFORE_OPENED)
    last = timeline.spans[-1]
    if last.status == story.status:
        if story.status == DONE and story.closed_at is not None:
            _move_closing(timeline, story.closed_at)
    elif story.status == DONE:
        _close(timeline, story)
    else:
        undated = last.status == DONE
        timeline.note(Anomaly.REOPENED_UNDATED if undated else Anomaly.STATUS_UNEXPLAINED)
        at = max(last.start, story.source_updated_at)
        _go_on(timeline, at, story.status, story.source_status)


def _close(timeline: Timeline, story: IssueState) -> None:
    if story.closed_at is None:
        timeline.note(Anomaly.CLOSED_UNDATED)
        return
    _go_on(timeline, max(story.closed_at, timeline.spans[-1].start), DONE, story.source_status)


def _move_closing(timeline: Timeline, closed_at: int) -> None:
    """The tracker's own word on when it was closed wins over the moment its history gives."""
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
