"""Generated issue histories, by a seed or by hypothesis.

Most are typical of trackers; the rest covers every anomaly that the metrics know.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import strategies as st

from analytics.tests.reference_timeline import DONE, IN_PROGRESS, TODO, History, Move

_GITHUB = {"open": TODO, "closed": DONE}
_JIRA = {
    "To Do": TODO, "Waiting": TODO, "In Progress": IN_PROGRESS, "In Review": IN_PROGRESS,
    "Resolved": DONE, "Closed": DONE,
}  # fmt: skip
_DECIDED = {"To Do": IN_PROGRESS, "In Review": DONE, "Closed": TODO, "Doing ✓": IN_PROGRESS}
BOARDS: tuple[Mapping[str, str], ...] = (_GITHUB, _JIRA, _JIRA, _JIRA, _DECIDED)
UNKNOWN_WORDS = ("Limbo", "", "Été ✗")
OUTCOMES = ("delivered",) * 6 + ("unknown", "not_planned", "duplicate", "moved")

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
GAPS = (timedelta(), SECOND, 59 * SECOND, HOUR, 7 * HOUR, DAY, 3 * DAY, 30 * DAY, 45 * DAY)
LATELY = datetime(2024, 9, 1, tzinfo=UTC)
_CLOCKS_CHANGE = (
    datetime(2025, 3, 9, 7, tzinfo=UTC),  # New York, forward
    datetime(2024, 11, 3, 6, tzinfo=UTC),  # New York, back
    datetime(2025, 4, 5, 15, tzinfo=UTC),  # Lord Howe, back by half an hour
    datetime(2024, 10, 5, 15, 30, tzinfo=UTC),  # Lord Howe, forward
    datetime(2025, 3, 30, 1, tzinfo=UTC),  # Berlin, forward
)
_LONG_AGO = (
    datetime(1883, 11, 18, 16, 59, 59, tzinfo=UTC),  # New York gave up its own sun
    datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC),
    datetime(1985, 12, 31, 18, 40, tzinfo=UTC),  # Kathmandu went a quarter of an hour on
)


def make_histories(seed: int, count: int) -> Iterator[History]:
    rng = Random(seed)
    for _ in range(count):
        yield make_history(rng)


def make_history(rng: Random) -> History:
    issue = _as_trackers_tell(rng)
    if rng.random() < 0.45:
        issue = rng.choice(_ODDITIES)(issue, rng)
    return replace(
        issue,
        removed=rng.random() < 0.05,
        type=rng.choice(("Bug", "Task", "")),
        first_response_at=_answered(issue, rng),
    )


def history_lists(max_size: int = 8) -> st.SearchStrategy[list[History]]:
    one = st.randoms(use_true_random=False).map(make_history)
    return st.lists(one, max_size=max_size)


# --- making one ----------------------------------------------------------------------------------


def _as_trackers_tell(rng: Random) -> History:
    classes = rng.choice(BOARDS)
    words = list(classes)
    opened_at = at = _opening(rng)
    ends = [word for word in words if classes[word] == DONE]
    moves, word, closed_at = [], rng.choice((words[0], *words)), None
    for left in reversed(range(rng.choice((0, 1, 2, 2, 3, 5, 9)))):
        at += _gap(rng)
        after = rng.choice(words if left or rng.random() < 0.4 else ends)
        if classes[after] == DONE and classes[word] != DONE:
            closed_at = at
        moves.append(Move(at, word, after))
        word = after
    status = classes[word]
    return History(
        opened_at=opened_at, status=status, source_status=word, source_updated_at=at + _gap(rng),
        outcome=rng.choice(OUTCOMES) if status == DONE else None,
        closed_at=(closed_at or at + _gap(rng)) if status == DONE else None,
        moves=tuple(moves), classes=classes,
    )  # fmt: skip


def _answered(issue: History, rng: Random) -> datetime | None:
    later = _gap(rng)
    return rng.choice((None, issue.opened_at + later, issue.opened_at + later - 2 * SECOND))


def _opening(rng: Random) -> datetime:
    kind = rng.random()
    if kind < 0.02:
        return rng.choice(_LONG_AGO)
    if kind < 0.3:
        return rng.choice(_CLOCKS_CHANGE) + timedelta(seconds=rng.randint(-7200, 7200))
    return LATELY + timedelta(seconds=rng.randrange(300 * 86_400), microseconds=_fraction(rng))


def _gap(rng: Random) -> timedelta:
    if rng.random() < 0.4:
        return rng.choice(GAPS) + timedelta(microseconds=_fraction(rng))
    return timedelta(seconds=int(10 ** (rng.random() * 6.5)), microseconds=_fraction(rng))


def _fraction(rng: Random) -> int:
    return rng.choice((0, 1, 400_000, 999_999))


# --- anomalies -----------------------------------------------------------------------------------


def _without_history(issue: History, _: Random) -> History:
    return replace(issue, moves=())


def _without_closing_date(issue: History, _: Random) -> History:
    return replace(issue, closed_at=None)


def _closed_before_opened(issue: History, rng: Random) -> History:
    closed_at = issue.opened_at - SECOND - _gap(rng)
    return replace(issue, closed_at=closed_at, moves=rng.choice((issue.moves, ())))


def _closed_at_another_time(issue: History, rng: Random) -> History:
    return replace(issue, closed_at=issue.opened_at + _gap(rng))


def _in_another_status(issue: History, rng: Random) -> History:
    """Set a current status that differs from the history."""
    status = rng.choice((TODO, IN_PROGRESS, DONE))
    outcome = rng.choice(OUTCOMES) if status == DONE else None
    closed_at = rng.choice((None, issue.closed_at, issue.source_updated_at))
    seen_at = issue.source_updated_at - rng.choice((timedelta(), DAY, 100 * DAY))
    return replace(
        issue, status=status, outcome=outcome, closed_at=closed_at, source_updated_at=seen_at
    )


def _with_unknown_words(issue: History, rng: Random) -> History:
    moves = [
        replace(move, after=rng.choice((move.after, *UNKNOWN_WORDS)),
                before=rng.choice((move.before, move.before, *UNKNOWN_WORDS)))
        for move in issue.moves
    ]  # fmt: skip
    return replace(issue, moves=tuple(moves))


def _opened_later_than_told(issue: History, rng: Random) -> History:
    """Open the issue after its first changes, as after an import."""
    return replace(issue, opened_at=issue.opened_at + _gap(rng) + HOUR)


def _all_at_once(issue: History, rng: Random) -> History:
    at = issue.opened_at + rng.choice((timedelta(), HOUR))
    return replace(issue, moves=tuple(replace(move, at=at) for move in issue.moves))


def _in_disorder(issue: History, rng: Random) -> History:
    """Shuffle the list of status changes; their times stay."""
    moves = list(issue.moves)
    rng.shuffle(moves)
    return replace(issue, moves=tuple(moves))


def _back_and_forth(issue: History, rng: Random) -> History:
    """Close and reopen, some after exactly 30 days or one second more."""
    pause = rng.choice((HOUR, 30 * DAY, 30 * DAY + SECOND))
    closing = next(word for word, status in issue.classes.items() if status == DONE)
    other = next(word for word, status in issue.classes.items() if status != DONE)
    ways = [(other, closing), (closing, other)] * rng.randint(1, 4)
    moves = [Move(issue.opened_at + n * pause, *way) for n, way in enumerate(ways, start=1)]
    last = moves[-1].at
    return replace(
        issue, moves=tuple(moves), status=issue.classes[other], source_status=other, outcome=None,
        closed_at=None, source_updated_at=last,
    )  # fmt: skip


_ODDITIES = (
    _without_history, _without_closing_date, _closed_before_opened, _closed_at_another_time,
    _in_another_status, _with_unknown_words, _opened_later_than_told, _all_at_once, _in_disorder,
    _back_and_forth,
)  # fmt: skip
