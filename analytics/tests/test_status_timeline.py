"""Status timelines of contradictory histories."""

import pytest

from analytics.facts.status_timeline import Anomaly, IssueState, StatusChange, build_timeline

CLASSES = {"Open": "todo", "Doing": "in_progress", "Done": "done", "Closed": "done"}


def timeline(*moves: tuple[int, str, str], status="done", closed_at=None, updated=1000):
    story = IssueState(
        100, status, {"done": "Done", "todo": "Open"}.get(status, "Doing"), closed_at, updated
    )
    return build_timeline(story, [StatusChange(*move) for move in moves], CLASSES)


def spans(built) -> list[tuple[int, int | None, str]]:
    return [(span.start, span.end, span.status) for span in built.spans]


def test_without_a_history_it_was_todo_until_it_was_closed():
    built = timeline(closed_at=300)

    assert spans(built) == [(100, 300, "todo"), (300, None, "done")]
    assert (built.closings, built.anomalies) == ([300], [])


def test_spans_of_a_simple_history():
    built = timeline((150, "Open", "Doing"), (300, "Doing", "Done"), closed_at=300)

    assert spans(built) == [(100, 150, "todo"), (150, 300, "in_progress"), (300, None, "done")]


def test_closed_and_reopened():
    built = timeline(
        (200, "Open", "Done"), (250, "Done", "Open"), (300, "Open", "Closed"), closed_at=300
    )

    assert (built.closings, built.reopenings) == ([200, 300], [250])


def test_from_one_done_word_to_another_is_no_closing():
    built = timeline((200, "Open", "Done"), (250, "Done", "Closed"), closed_at=200)

    assert built.closings == [200]


def test_closed_at_overrides_the_history():
    built = timeline((150, "Open", "Doing"), (300, "Doing", "Done"), closed_at=280)

    assert (built.closings, built.anomalies) == ([280], [])
    assert spans(built)[1] == (150, 280, "in_progress")


@pytest.mark.parametrize(
    ("moves", "given", "anomaly"),
    [
        ([(50, "Open", "Doing"), (300, "Doing", "Done")], {"closed_at": 300},
         Anomaly.HISTORY_BEFORE_OPENING),
        ([(200, "Done", "Closed")], {"closed_at": 200}, Anomaly.OPENED_AS_DONE),
        ([(200, "Open", "Limbo"), (300, "Limbo", "Done")], {"closed_at": 300},
         Anomaly.UNKNOWN_STATUS),
        ([], {}, Anomaly.CLOSED_UNDATED),
        ([(200, "Open", "Done")], {"status": "todo"}, Anomaly.REOPENED_UNDATED),
        ([(200, "Open", "Doing")], {"status": "todo"}, Anomaly.STATUS_UNEXPLAINED),
        ([], {"closed_at": 50}, Anomaly.CLOSED_BEFORE_OPENED),
        ([(150, "Open", "Doing"), (300, "Doing", "Done")], {"closed_at": 120},
         Anomaly.CLOSED_AT_CONTRADICTS_HISTORY),
    ],
)  # fmt: skip
def test_anomalies_are_recorded(moves, given, anomaly):
    assert timeline(*moves, **given).anomalies == [anomaly]


def test_timeline_ends_in_the_current_status():
    assert spans(timeline((200, "Open", "Done"), status="todo"))[-1] == (1000, None, "todo")
    assert spans(timeline((200, "Open", "Doing"), closed_at=250))[-1] == (250, None, "done")
    assert spans(timeline(closed_at=50))[-1] == (100, None, "done")
