"""Reference implementation of the status timeline, slow and simple.

Independent of the product: imports nothing from `analytics`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

TODO, IN_PROGRESS, DONE = "todo", "in_progress", "done"


@dataclass(frozen=True, slots=True)
class Move:
    """Status change in the tracker's words."""

    at: datetime
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class History:
    """Stored data of an issue."""

    opened_at: datetime
    status: str
    source_status: str
    source_updated_at: datetime
    outcome: str | None = None
    closed_at: datetime | None = None
    first_response_at: datetime | None = None
    type: str = ""
    removed: bool = False
    moves: tuple[Move, ...] = ()
    """Status changes; those of the same time in stored order."""
    classes: Mapping[str, str] = field(default_factory=dict)
    """Status by the tracker's word; other words are unknown."""


@dataclass(frozen=True, slots=True)
class Step:
    """Start of a status under a word."""

    at: datetime
    status: str
    word: str


def timeline(issue: History) -> tuple[list[Step], set[str]]:
    """Return all statuses of the issue, and its anomalies."""
    steps, odd = _from_history(issue)
    if steps[-1].status != issue.status:
        odd |= _add_what_is_missing(issue, steps)
    elif issue.status == DONE:
        odd |= _move_last_closing(issue, steps)
    if issue.status == DONE and issue.closed_at and whole(issue.closed_at) < steps[0].at:
        odd = (odd - {"closed_at_contradicts_history"}) | {"closed_before_opened"}
    return steps, odd


def _from_history(issue: History) -> tuple[list[Step], set[str]]:
    opened = whole(issue.opened_at)
    if not issue.moves:
        never = issue.status != DONE
        return [
            Step(opened, issue.status, issue.source_status) if never else Step(opened, TODO, "")
        ], set()
    odd: set[str] = set()
    moves = sorted(issue.moves, key=lambda move: move.at)
    start = issue.classes.get(moves[0].before, TODO)
    if start == DONE:
        odd.add("opened_as_done")
        start = TODO
    steps = [Step(opened, start, moves[0].before)]
    for move in moves:
        if whole(move.at) < opened:
            odd.add("history_before_opening")
        if move.after not in issue.classes:
            odd.add("unknown_status")
        status = issue.classes.get(move.after, steps[-1].status)
        steps.append(Step(max(whole(move.at), opened), status, move.after))
    return steps, odd


def _add_what_is_missing(issue: History, steps: list[Step]) -> set[str]:
    """Append the current status, which the history lacks."""
    last = steps[-1]
    if issue.status == DONE and issue.closed_at is None:
        return {"closed_undated"}
    if issue.status == DONE:
        when, odd = issue.closed_at, set[str]()
    elif last.status == DONE:
        when, odd = issue.source_updated_at, {"reopened_undated"}
    else:
        when, odd = issue.source_updated_at, {"status_unexplained"}
    steps.append(Step(max(whole(when), last.at), issue.status, issue.source_status))
    return odd


def _move_last_closing(issue: History, steps: list[Step]) -> set[str]:
    """Move the last closing to the tracker's closing date, if possible."""
    if issue.closed_at is None:
        return set()
    closed_at = whole(issue.closed_at)
    last = max(n for n in range(1, len(steps)) if is_closing(steps, n))
    if closed_at < steps[last - 1].at:
        return {"closed_at_contradicts_history"}
    for n in range(last, len(steps)):  # what came later while it was done came no earlier
        at = closed_at if n == last else max(closed_at, steps[n].at)
        steps[n] = Step(at, steps[n].status, steps[n].word)
    return set()


def is_closing(steps: list[Step], n: int) -> bool:
    return n > 0 and steps[n].status == DONE and steps[n - 1].status != DONE


def is_reopening(steps: list[Step], n: int) -> bool:
    return n > 0 and steps[n].status != DONE and steps[n - 1].status == DONE


def events_of(steps: list[Step]) -> Iterator[tuple[datetime, str]]:
    """Return closings and reopenings in order."""
    for n in range(len(steps)):
        if is_closing(steps, n):
            yield steps[n].at, "closed"
        if is_reopening(steps, n):
            yield steps[n].at, "reopened"


def whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
