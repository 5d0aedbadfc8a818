"""The simulated Stack Exchange on a port: wire, control, journal and faults."""

import gzip
import json

import pytest

from simulator.server import TrackerServer
from simulator.tests.test_server import ask, control

PAGE = "/stackexchange/2.3/questions?tagged=engine&site=stackoverflow&pagesize=5"


@pytest.fixture(scope="module")
def running():
    with TrackerServer(issues=20, questions=60) as server:
        yield server


@pytest.fixture
def trackers(running):
    running.faults.clear()
    running.journal.clear()
    running.stackexchange.limits.forget()
    return running


def read(trackers: TrackerServer, path: str = PAGE):
    _, content = ask(trackers, path)
    return json.loads(gzip.decompress(content))


def told(trackers: TrackerServer, path: str) -> list[dict]:
    _, content = ask(trackers, f"/_control/stackexchange/{path}")
    return [json.loads(line) for line in content.splitlines()]


def test_page_comes_compressed_though_nobody_asked(trackers):
    reply, content = ask(trackers, PAGE)

    assert reply.headers["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(content))["items"]) == 5


def test_body_names_an_issue_where_the_simulated_github_has_it(trackers):
    bodies = " ".join(row["body"] for row in told(trackers, "truth"))

    assert f"{trackers.url}/octo/engine/issues/" in bodies


def test_truth_as_lines_by_tags(trackers):
    rows = told(trackers, "truth?tagged=engine;python")

    assert [row["id"] for row in rows] == list(trackers.stackexchange.truth(["engine", "python"]))
    assert {row["post_id"] for row in told(trackers, "truth/comments")}


def test_question_is_asked_answered_and_deleted_by_control(trackers):
    made = control(trackers, "stackexchange/questions", {"title": "Why?", "tags": ["odd"]})
    control(trackers, f"stackexchange/questions/{made['id']}/answer", {"body": "So."})
    (row,) = told(trackers, "truth?tagged=odd")
    control(trackers, f"stackexchange/answers/{row['answers'][0]['id']}/delete")
    control(trackers, f"stackexchange/questions/{made['id']}/delete")

    assert row["answers"][0]["body"] == "<p>So.</p>\n"
    assert told(trackers, "truth?tagged=odd") == []


def test_changes_between_pages_by_control(trackers):
    question = next(iter(trackers.stackexchange.truth(["engine"])))
    change = {"action": "edit", "number": question, "title": "Edited while reading"}
    control(trackers, "stackexchange/between_pages", {"after": 1, "changes": [change]})

    before, after = read(trackers), read(trackers)

    assert before["items"][0]["question_id"] != question
    assert after["items"][0]["title"] == "Edited while reading"


def test_backoff_and_quota_by_control(trackers):
    control(trackers, "stackexchange/backoff", {"method": "/questions", "seconds": 9})
    assert read(trackers)["backoff"] == 9

    control(trackers, "stackexchange/quota", {"left": 0})
    assert read(trackers)["error_id"] == 502


def test_journal_says_why_it_was_refused(trackers):
    control(trackers, "stackexchange/quota", {"left": 0})
    read(trackers)

    seen = trackers.journal.all("/questions")[-1]
    assert (seen.status, seen.fault, seen.rows) == (400, "throttle_violation", None)


@pytest.mark.parametrize("path", ["dance", "questions/1/dance", "questions/1/edit"])
def test_what_cannot_be_done_is_said(trackers, path):
    reply, _ = ask(trackers, f"/_control/stackexchange/{path}", "POST", {})

    assert reply.status == 404


def test_fault_strikes_a_row_inside_the_wrapper(trackers):
    trackers.faults.add("missing_field", path="/questions", field="question_id", row=2)

    _, content = ask(trackers, PAGE)

    rows = json.loads(content)["items"]
    assert ["question_id" in row for row in rows] == [True, True, False, True, True]
