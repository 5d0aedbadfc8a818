"""Reference implementation compared with values computed by hand.

All issues were opened on Monday 5 January 2026 at noon UTC; times are hours after that.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analytics.tests.reference import Calendar, Measures
from analytics.tests.reference_timeline import History, Move, timeline

OPENED = datetime(2026, 1, 5, 12, tzinfo=UTC)
MONDAY = date(2026, 1, 5)
HOUR = 3600
DAY = 24 * HOUR
UTC_DAYS = Calendar(ZoneInfo("UTC"))
CLASSES = {"To Do": "todo", "Doing": "in_progress", "Review": "in_progress",
           "Done": "done", "Closed": "done"}  # fmt: skip


def at(hours: float) -> datetime:
    return OPENED + timedelta(hours=hours)


def issue(path: str = "", status: str = "", **given: Any) -> History:
    """`"To Do 2 Doing 5 Done"`: status words, separated by the hour of each change."""
    words, hours = split(path)
    moves = tuple(Move(at(h), *way) for h, *way in zip(hours, words, words[1:], strict=False))
    word = words[-1] if words else ""
    ended = status or CLASSES.get(word, "todo")
    usual = {"outcome": "delivered" if ended == "done" else None, "source_updated_at": at(100)}
    return History(opened_at=OPENED, status=ended, source_status=word, moves=moves,
                   classes=CLASSES, **(usual | given))  # fmt: skip


def split(path: str) -> tuple[list[str], list[float]]:
    words, hours = [""] if path else [], []
    for part in path.split():
        if part.lstrip("-").replace(".", "").isdigit():
            hours.append(float(part))
            words.append("")
        else:
            words[-1] = f"{words[-1]} {part}".strip()
    return words, hours


def measured(*given: Any, **more: Any) -> Measures:
    return Measures(issue(*given, **more), UTC_DAYS)


def spans_of(history: History) -> list[tuple[float, str, str]]:
    """Return (hour, status, word) of each span."""
    steps, _ = timeline(history)
    return [((step.at - OPENED) / timedelta(hours=1), step.status, step.word) for step in steps]


# --- the timeline --------------------------------------------------------------------------------


def test_every_move_is_a_step():
    assert spans_of(issue("To Do 2 Doing 5 Review 9 Done")) == [
        (0, "todo", "To Do"), (2, "in_progress", "Doing"), (5, "in_progress", "Review"),
        (9, "done", "Done"),
    ]  # fmt: skip


def test_without_history_an_open_issue_was_always_in_its_status():
    assert spans_of(issue("Review")) == [(0, "in_progress", "Review")]


def test_without_history_a_done_issue_was_todo_until_it_was_closed():
    assert spans_of(issue("Done", closed_at=at(7))) == [(0, "todo", ""), (7, "done", "Done")]


def test_parts_of_seconds_do_not_count():
    late = timedelta(microseconds=999_999)
    history = issue("Done", closed_at=OPENED + timedelta(seconds=1) + late)

    assert Measures(history, UTC_DAYS).seconds["resolution"] == 1


def test_moves_of_one_moment_stay_in_their_order():
    assert spans_of(issue("To Do 2 Doing 2 Done")) == [
        (0, "todo", "To Do"), (2, "in_progress", "Doing"), (2, "done", "Done"),
    ]  # fmt: skip


def test_closed_at_overrides_the_history():
    assert spans_of(issue("To Do 2 Doing 5 Done 6 Closed", closed_at=at(8)))[2:] == [
        (8, "done", "Done"), (8, "done", "Closed"),
    ]  # fmt: skip
    assert spans_of(issue("To Do 2 Doing 5 Done", closed_at=at(2)))[2] == (2, "done", "Done")


@pytest.mark.parametrize(
    ("history", "code", "last"),
    [
        (issue("To Do -1 Doing 5 Done"), "history_before_opening", (5, "done", "Done")),
        (issue("Closed 2 Doing"), "opened_as_done", (2, "in_progress", "Doing")),
        (issue("To Do 2 Doing 3 Limbo", "in_progress"), "unknown_status",
         (3, "in_progress", "Limbo")),
        (issue("To Do 2 Doing", "done"), "closed_undated", (2, "in_progress", "Doing")),
        (issue("Done"), "closed_undated", (0, "todo", "")),
        (issue("To Do 2 Done", "todo"), "reopened_undated", (100, "todo", "Done")),
        (issue("To Do 200 Done", "todo"), "reopened_undated", (200, "todo", "Done")),
        (issue("To Do 2 Doing", "todo"), "status_unexplained", (100, "todo", "Doing")),
        (issue("To Do 2 Doing 5 Done", closed_at=at(1)), "closed_at_contradicts_history",
         (5, "done", "Done")),
        (issue("To Do 2 Doing 5 Done", closed_at=at(-1)), "closed_before_opened",
         (5, "done", "Done")),
        (issue("Done", closed_at=at(-1)), "closed_before_opened", (0, "done", "Done")),
    ],
)  # fmt: skip
def test_anomalies_have_a_code(history, code, last):
    _, odd = timeline(history)

    assert odd == {code}
    assert spans_of(history)[-1] == last


def test_changes_before_opening_count_from_opening():
    assert spans_of(issue("To Do -3 Doing -1 Review 5 Done")) == [
        (0, "todo", "To Do"), (0, "in_progress", "Doing"), (0, "in_progress", "Review"),
        (5, "done", "Done"),
    ]  # fmt: skip


def test_opened_as_done_keeps_its_word_and_no_closing():
    known = measured("Closed 2 Doing 4 Done")

    assert (known.closings, known.reopenings) == ([at(4)], [])
    assert known.time_in("word") == {"Closed": 2 * HOUR, "Doing": 2 * HOUR}


@pytest.mark.parametrize(("closed_at", "moment"), [(9, 9), (1, 2)])
def test_missing_closing_follows_known_changes(closed_at, moment):
    assert spans_of(issue("To Do 2 Doing", "done", closed_at=at(closed_at)))[-1] == (
        moment, "done", "Doing",
    )  # fmt: skip


# --- durations -----------------------------------------------------------------------------------


def test_durations_of_an_issue_that_went_back_and_forth():
    """In progress 2 to 5, 10 to 12 and 20 to 21; closed at 5 and at 21; reopened at 10."""
    known = measured("To Do 2 Doing 5 Done 10 Review 12 To Do 20 Doing 21 Closed")

    assert known.seconds == {
        "resolution": 21 * HOUR, "first_resolution": 5 * HOUR, "cycle": 6 * HOUR,
    }  # fmt: skip
    assert (known.started_at, known.elapsed_seconds) == (at(2), 19 * HOUR)
    assert known.time_in("word") == {
        "To Do": 10 * HOUR, "Doing": 4 * HOUR, "Review": 2 * HOUR,
    }  # fmt: skip
    assert known.time_in("status") == {"todo": 10 * HOUR, "in_progress": 6 * HOUR}
    assert known.excluded == {}


def test_response_counts_from_opening_in_any_status():
    assert measured("Doing", first_response_at=at(3)).seconds == {"response": 3 * HOUR}


def all_for(reason: str) -> dict[str, str]:
    return dict.fromkeys(("resolution", "cycle", "status"), reason)


@pytest.mark.parametrize(
    ("history", "excluded"),
    [
        (issue("To Do 2 Doing 5 Done", outcome="duplicate"), all_for("not_delivered")),
        (issue("Done"), all_for("closed_undated")),
        (issue("Done", outcome="moved"), all_for("not_delivered")),
        (issue("Done", closed_at=at(-1)),
         {"resolution": "negative", "first_resolution": "negative", "cycle": "never_in_progress"}),
        (issue("Done", closed_at=at(0)),
         {"resolution": "zero", "first_resolution": "zero", "cycle": "never_in_progress"}),
        (issue("To Do -2 Doing 5 Done", first_response_at=at(1)),
         all_for("imported") | {"first_resolution": "imported", "response": "imported"}),
        (issue("To Do -2 Done", closed_at=at(-3), outcome="delivered"),
         all_for("imported") | {"first_resolution": "imported"}),
        (issue("To Do 5 Done"), {"cycle": "never_in_progress"}),
        (issue("To Do 5 Doing 5 Done"), {"cycle": "zero"}),
        (issue("To Do", first_response_at=at(-1)), {"response": "negative"}),
        (issue("To Do", first_response_at=at(0)), {"response": "zero"}),
        (issue("To Do 2 Doing 5 Done 6 Doing"), {}),
    ],
)  # fmt: skip
def test_exclusions_have_a_reason(history, excluded):
    assert Measures(history, UTC_DAYS).excluded == excluded


def test_time_before_the_history_has_no_status_word():
    known = measured("Done", closed_at=at(4))

    assert known.time_in("word") == {}
    assert known.time_in("status") == {"todo": 4 * HOUR}


def test_unknown_outcome_counts_as_delivered():
    assert measured("To Do 5 Done", outcome="unknown").seconds["resolution"] == 5 * HOUR


def test_open_issue_that_was_closed_once_has_a_first_resolution_only():
    assert measured("To Do 2 Doing 5 Done 6 Doing").seconds == {"first_resolution": 5 * HOUR}


@pytest.mark.parametrize(("later", "counted"), [(720, 1), (720 + 1 / 3600, 0)])
def test_reopenings_count_for_thirty_days(later, counted):
    path = f"To Do 0 Done {later:.6f} To Do"

    assert len(measured(path).closings_reopened()) == counted
