"""Issues with all kinds of history, by a seed or by hypothesis.

Most are what trackers tell; the rest is odd in every way the metrics have a word for.
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
    dice = Random(seed)
    for _ in range(count):
        yield make_history(dice)


def make_history(dice: Random) -> History:
    issue = _as_trackers_tell(dice)
    if dice.random() < 0.45:
        issue = dice.choice(_ODDITIES)(issue, dice)
    return replace(
        issue,
        removed=dice.random() < 0.05,
        type=dice.choice(("Bug", "Task", "")),
        first_response_at=_answered(issue, dice),
    )


def history_lists(max_size: int = 8) -> st.SearchStrategy[list[History]]:
    one = st.randoms(use_true_random=False).map(make_history)
    return st.lists(one, max_size=max_size)


# --- making one ----------------------------------------------------------------------------------


def _as_trackers_tell(dice: Random) -> History:
    classes = dice.choice(BOARDS)
    words = list(classes)
    opened_at = at = _opening(dice)
    ends = [word for word in words if classes[word] == DONE]
    moves, word, closed_at = [], dice.choice((words[0], *words)), None
    for left in reversed(range(dice.choice((0, 1, 2, 2, 3, 5, 9)))):
        at += _gap(dice)
        after = dice.choice(words if left or dice.random() < 0.4 else ends)
        if classes[after] == DONE and classes[word] != DONE:
            closed_at = at
        moves.append(Move(at, word, after))
        word = after
    status = classes[word]
    return History(
        opened_at=opened_at, status=status, source_status=word, source_updated_at=at + _gap(dice),
        outcome=dice.choice(OUTCOMES) if status == DONE else None,
        closed_at=(closed_at or at + _gap(dice)) if status == DONE else None,
        moves=tuple(moves), classes=classes,
    )  # fmt: skip


def _answered(issue: History, dice: Random) -> datetime | None:
    later = _gap(dice)
    return dice.choice((None, issue.opened_at + later, issue.opened_at + later - 2 * SECOND))


def _opening(dice: Random) -> datetime:
    kind = dice.random()
    if kind < 0.02:
        return dice.choice(_LONG_AGO)
    if kind < 0.3:
        return dice.choice(_CLOCKS_CHANGE) + timedelta(seconds=dice.randint(-7200, 7200))
    return LATELY + timedelta(seconds=dice.randrange(300 * 86_400), microseconds=_fraction(dice))


def _gap(dice: Random) -> timedelta:
    if dice.random() < 0.4:
        return dice.choice(GAPS) + timedelta(microseconds=_fraction(dice))
    return timedelta(seconds=int(10 ** (dice.random() * 6.5)), microseconds=_fraction(dice))


def _fraction(dice: Random) -> int:
    return dice.choice((0, 1, 400_000, 999_999))


# --- what is odd ---------------------------------------------------------------------------------


def _without_history(issue: History, _: Random) -> History:
    return replace(issue, moves=())


def _without_closing_date(issue: History, _: Random) -> History:
    return replace(issue, closed_at=None)


def _closed_before_opened(issue: History, dice: Random) -> History:
    closed_at = issue.opened_at - SECOND - _gap(dice)
    return replace(issue, closed_at=closed_at, moves=dice.choice((issue.moves, ())))


def _closed_at_another_time(issue: History, dice: Random) -> History:
    return replace(issue, closed_at=issue.opened_at + _gap(dice))


def _in_another_status(issue: History, dice: Random) -> History:
    """What happened last is not among what is told."""
    status = dice.choice((TODO, IN_PROGRESS, DONE))
    outcome = dice.choice(OUTCOMES) if status == DONE else None
    closed_at = dice.choice((None, issue.closed_at, issue.source_updated_at))
    seen_at = issue.source_updated_at - dice.choice((timedelta(), DAY, 100 * DAY))
    return replace(
        issue, status=status, outcome=outcome, closed_at=closed_at, source_updated_at=seen_at
    )


def _with_unknown_words(issue: History, dice: Random) -> History:
    moves = [
        replace(move, after=dice.choice((move.after, *UNKNOWN_WORDS)),
                before=dice.choice((move.before, move.before, *UNKNOWN_WORDS)))
        for move in issue.moves
    ]  # fmt: skip
    return replace(issue, moves=tuple(moves))


def _opened_later_than_told(issue: History, dice: Random) -> History:
    """Imported, say: what happened before is older than the issue."""
    return replace(issue, opened_at=issue.opened_at + _gap(dice) + HOUR)


def _all_at_once(issue: History, dice: Random) -> History:
    at = issue.opened_at + dice.choice((timedelta(), HOUR))
    return replace(issue, moves=tuple(replace(move, at=at) for move in issue.moves))


def _in_disorder(issue: History, dice: Random) -> History:
    """Moves follow their moments, whatever their words say."""
    moves = list(issue.moves)
    dice.shuffle(moves)
    return replace(issue, moves=tuple(moves))


def _back_and_forth(issue: History, dice: Random) -> History:
    """Closed and opened again, some of it after exactly 30 days and a second more."""
    pause = dice.choice((HOUR, 30 * DAY, 30 * DAY + SECOND))
    closing = next(word for word, status in issue.classes.items() if status == DONE)
    other = next(word for word, status in issue.classes.items() if status != DONE)
    ways = [(other, closing), (closing, other)] * dice.randint(1, 4)
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
