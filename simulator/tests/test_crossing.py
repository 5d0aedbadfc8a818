"""References that the simulated trackers plant between each other."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from simulator.server import TrackerServer
from simulator.tests.test_server import control


@pytest.fixture
def trackers():
    with TrackerServer(issues=60, questions=40) as server:
        yield server


def bodies(trackers: TrackerServer) -> dict[tuple[str, int], str]:
    issues = {("github", id_): row.body or "" for id_, row in trackers.github.truth().items()}
    return issues | {
        ("stackexchange", id_): row.body for id_, row in trackers.stackexchange.truth().items()
    }


def test_every_reference_stands_in_its_body(trackers):
    planted = trackers.cross_reference(4)

    known = bodies(trackers)
    assert len(planted) == 12
    assert all(row.text in known[(row.tracker, row.id)] for row in planted)


def test_issue_and_question_are_named_by_the_addresses_they_have(trackers):
    planted = trackers.cross_reference(2)

    questions = trackers.stackexchange.truth()
    issues = {str(id_): row.number for id_, row in trackers.github.truth().items()}
    for row in planted:
        if row.to_tracker == "stackexchange":
            assert row.text == questions[int(row.to)].link
        if row.to_tracker == "github":
            assert urlsplit(row.text).path == f"/octo/engine/issues/{issues[row.to]}"


def test_jira_is_named_by_key(trackers):
    keys = [row.to for row in trackers.cross_reference(3) if row.to_tracker == "jira"]

    assert len(keys) == 3
    assert all(key.startswith("ENG-") for key in keys)


def test_same_seed_plants_the_same(trackers):
    with TrackerServer(issues=60, questions=40) as others:
        mine, theirs = trackers.cross_reference(3), others.cross_reference(3)

    assert [(row.id, row.to) for row in mine] == [(row.id, row.to) for row in theirs]


def test_planted_by_control(trackers):
    assert len(control(trackers, "cross_reference", {"count": 1})) == 3


def test_both_histories_end_together():
    until = datetime(2026, 5, 1, tzinfo=UTC)
    with TrackerServer(issues=60, questions=40, until=until) as trackers:
        newest = max(row.active_at for row in trackers.stackexchange.truth().values())

    assert newest < until.timestamp()
